using System.Buffers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Memory;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Tasks;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>What every queue promises; run over the one in memory and the one on Redis.</summary>
public abstract partial class TaskQueueTests : IAsyncLifetime
{
    private static readonly byte[] Image = Images.Jpeg();

    private ServiceProvider _metrics = null!;

    private protected TaskMetrics Metrics { get; private set; } = null!;
    private protected TaskSignals Signals { get; } = new();

    private protected abstract ITaskQueue Open(TaskOptions options);

    /// <summary>Lets time pass where the clock is the test's; with a real one it passes while the test looks.</summary>
    private protected virtual void Pass(TimeSpan time)
    {
    }

    public virtual Task InitializeAsync()
    {
        _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
        Metrics = new TaskMetrics(_metrics.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), NullLogger<TaskMetrics>.Instance);
        return Task.CompletedTask;
    }

    public virtual async Task DisposeAsync() => await _metrics.DisposeAsync();

    [Fact]
    public async Task AcceptedTask_IsQueuedWithItsPlace()
    {
        var queue = Open(new());
        var first = await EnqueueAsync(queue);
        var second = await EnqueueAsync(queue);

        var task = (await queue.FindAsync(second)).ShouldNotBeNull();

        task.State.ShouldBe(TaskState.Queued);
        task.Position.ShouldBe(2);
        task.Attempts.ShouldBe(0);
        task.Request.ShouldBe(Request());
        (await queue.FindAsync(first))!.Position.ShouldBe(1);
        (await queue.MeasureAsync()).ShouldSatisfyAllConditions(d => d.Queued.ShouldBe(2), d => d.Running.ShouldBe(0), d => d.Oldest.ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero));
    }

    [Fact]
    public async Task Tasks_AreTakenInOrderAndOnce()
    {
        var queue = Open(new());
        string[] ids = [await EnqueueAsync(queue), await EnqueueAsync(queue), await EnqueueAsync(queue)];

        var two = await queue.TakeAsync(2);
        var rest = await queue.TakeAsync(5);

        two.Select(lease => lease.Id).ShouldBe(ids[..2]);
        rest.Select(lease => lease.Id).ShouldBe(ids[2..]);
        (await queue.TakeAsync(5)).ShouldBeEmpty();
        two[0].ShouldSatisfyAllConditions(l => l.Attempt.ShouldBe(1), l => l.Request.ShouldBe(Request()));
        (await queue.FindAsync(ids[0]))!.ShouldSatisfyAllConditions(t => t.State.ShouldBe(TaskState.Running), t => t.Position.ShouldBeNull(), t => t.StartedAt.ShouldNotBeNull());
        using (var image = await queue.ReadImageAsync(two[0])) image!.Bytes.ToArray().ShouldBe(Image);
        (await queue.MeasureAsync()).ShouldSatisfyAllConditions(d => d.Queued.ShouldBe(0), d => d.Running.ShouldBe(3));
    }

    [Fact]
    public async Task SucceededTask_HasItsPictureAndLeavesTheQueue()
    {
        var queue = Open(new());
        var id = await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();

        (await queue.SucceedAsync(lease, Answer())).ShouldBeTrue();

        var task = (await queue.FindAsync(id))!;
        task.State.ShouldBe(TaskState.Succeeded);
        task.FinishedAt.ShouldNotBeNull();
        task.Result.ShouldNotBeNull().Key.ShouldBe(Answer().Key!.Value);
        using var open = (await queue.OpenResultAsync(task)).ShouldNotBeNull();
        open.Cutout.Content.Bytes.ToArray().ShouldBe(Answer().Cutout.Content.Bytes.ToArray());
        (open.Cutout with { Content = SharedBytes.Empty }).ShouldBe(Answer().Cutout with { Content = SharedBytes.Empty });
        (await queue.MeasureAsync()).ShouldSatisfyAllConditions(d => d.Queued.ShouldBe(0), d => d.Running.ShouldBe(0));
        (await queue.TakeAsync(1)).ShouldBeEmpty();
    }

    [Fact]
    public async Task FailedTask_KeepsItsReason()
    {
        var queue = Open(new());
        var id = await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();

        (await queue.FailAsync(lease, Problem.Undecodable("Nothing in it."))).ShouldBeTrue();

        var task = (await queue.FindAsync(id))!;
        task.State.ShouldBe(TaskState.Failed);
        task.Error.ShouldBe(Problem.Undecodable("Nothing in it."));
        (await queue.OpenResultAsync(task)).ShouldBeNull();
    }

    private protected static async Task<string> EnqueueAsync(ITaskQueue queue) => (await queue.EnqueueAsync(New())).Task.Id;

    private protected static EnqueueRequest New(string? key = null, string fingerprint = "same") => Of("shop-a", key: key, fingerprint: fingerprint);

    internal static EnqueueRequest Of(string client, TaskShare? share = null, string? key = null, string fingerprint = "same") =>
        new(Upload.FromBytes(Image), Request() with { Client = client }, share ?? Everything, key is null ? null : new(key, fingerprint));

    private protected static TaskShare Everything { get; } = TaskShare.Of(new Plan { TaskShare = 1 }, new TaskOptions { MaxRecords = int.MaxValue });

    internal static CutoutAnswer Answer(string text = "picture") => new(
        new Cutout("image/png", 40, 30, "1 2 3 4", "queue;dur=1") { Content = SharedBytes.Of(Enumerable.Repeat((byte)text[0], 1000).ToArray()) },
        new CutoutKey(new string('a', 64)), CacheStatus.Miss);

    private static TaskRequest Request() => new("shop-a", IsAnonymous: false, CutoutOptions.Default.ToQuery(), NoStore: false, "request-1", TraceParent: null);
}
