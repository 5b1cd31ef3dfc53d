using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Tasks;
using Rembg.Gateway.Tasks.Memory;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class MemoryTaskQueueTests : TaskQueueTests
{
    private readonly FakeTimeProvider _time = new();

    private protected override ITaskQueue Open(TaskOptions options) => new MemoryTaskQueue(Options.Create(options), Signals, Metrics, _time);

    private protected override void Pass(TimeSpan time) => _time.Advance(time);

    [Fact]
    public async Task DeletedTask_IsLetGo()
    {
        var queue = Open(new());
        var cutout = await DeletedAsync();

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        cutout.IsAlive.ShouldBeFalse();
        GC.KeepAlive(queue);

        [MethodImpl(MethodImplOptions.NoInlining)]
        async Task<WeakReference> DeletedAsync()
        {
            var id = (await queue.EnqueueAsync(Of("shop-a"))).Task.Id;
            var answer = Answer();
            await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), answer);
            await queue.DeleteAsync(id);
            return new WeakReference(answer.Cutout);
        }
    }

    [Fact]
    public async Task StepOfTheWallClock_DoesNotEndALease()
    {
        var time = new SteppedClock();
        var queue = new MemoryTaskQueue(Options.Create(new TaskOptions()), Signals, Metrics, time);
        await queue.EnqueueAsync(Of("shop-a"));
        var lease = (await queue.TakeAsync(1)).Single();

        time.Step = TimeSpan.FromDays(1);

        (await queue.TakeAsync(1)).ShouldBeEmpty();
        (await queue.SucceedAsync(lease, Answer())).ShouldBeTrue();
    }

    /// <summary>A wall clock that somebody sets; the monotonic one stands still.</summary>
    private sealed class SteppedClock : TimeProvider
    {
        public TimeSpan Step { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Step;

        public override long GetTimestamp() => 1;
    }
}
