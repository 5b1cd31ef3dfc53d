using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class QueueMetricsPollerTests
{
    [Fact]
    public async Task QueueThatThrows_DoesNotEndTheLoop()
    {
        var time = new FakeTimeProvider();
        var queue = new BrokenQueue();
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var metrics = new TaskMetrics(services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), NullLogger<TaskMetrics>.Instance);
        using var poller = new QueueMetricsPoller(queue, metrics, time, NullLogger<QueueMetricsPoller>.Instance);
        await poller.StartAsync(CancellationToken.None);

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(2));
            return queue.Asked >= 3;
        }, "it is asked again and again");

        await poller.StopAsync(CancellationToken.None);
    }

    private sealed class BrokenQueue : ITaskQueue
    {
        public int Asked { get; private set; }
        public bool KeepsWebhooks => false;

        public Task<QueueDepth> MeasureAsync() => throw new InvalidOperationException($"broken, {++Asked}");

        public Task EnsureRoomAsync(string client, TaskShare share) => throw new NotSupportedException();
        public Task<EnqueueResult> EnqueueAsync(EnqueueRequest task) => throw new NotSupportedException();
        public Task<CutoutTask?> FindAsync(string id) => throw new NotSupportedException();
        public Task<TaskPage> ListAsync(string client, TaskState? state, int limit, TaskCursor? after) => throw new NotSupportedException();
        public Task<OpenResult?> OpenResultAsync(CutoutTask task) => throw new NotSupportedException();
        public Task<TaskState?> DeleteAsync(string id) => throw new NotSupportedException();
        public Task<IReadOnlyList<TaskLease>> TakeAsync(int count) => throw new NotSupportedException();
        public Task<Upload?> ReadImageAsync(TaskLease lease) => throw new NotSupportedException();
        public Task<bool> ExtendAsync(TaskLease lease) => throw new NotSupportedException();
        public Task<bool> SucceedAsync(TaskLease lease, CutoutAnswer answer) => throw new NotSupportedException();
        public Task<bool> FailAsync(TaskLease lease, Problem reason) => throw new NotSupportedException();
        public Task<bool> ReturnAsync(TaskLease lease, Problem? failure, TimeSpan delay) => throw new NotSupportedException();
    }
}
