using Rembg.Contract.Problems;
using Rembg.Gateway.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>What a queue takes, keeps, and lets go.</summary>
public abstract partial class TaskQueueTests
{
    [Fact]
    public async Task FiftyParallelRequestsWithOneKey_AreOneTask()
    {
        var queue = Open(new());

        var accepted = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => queue.EnqueueAsync(New("key", "same")))));

        accepted.Select(a => a.Task.Id).Distinct().Count().ShouldBe(1);
        accepted.Count(a => !a.Replayed).ShouldBe(1);
        (await queue.MeasureAsync()).Queued.ShouldBe(1);
    }

    [Fact]
    public async Task KeyUsedForSomethingElse_IsRefused()
    {
        var queue = Open(new());
        await queue.EnqueueAsync(New("key", "one"));

        (await Should.ThrowAsync<ProblemException>(() => queue.EnqueueAsync(New("key", "other")))).Problem.Code.ShouldBe("idempotency_key_reused");
    }

    [Fact]
    public async Task KeyOfAForgottenTask_MayBeUsedAgain()
    {
        var queue = Open(new());
        var first = await queue.EnqueueAsync(New("key", "one"));
        await queue.DeleteAsync(first.Task.Id);

        var second = await queue.EnqueueAsync(New("key", "other"));

        second.Replayed.ShouldBeFalse();
        second.Task.Id.ShouldNotBe(first.Task.Id);
    }

    [Fact]
    public async Task QueueWithTooManyTasks_IsFullUntilOneEnds()
    {
        var queue = Open(new() { MaxUnfinished = 2 });
        await EnqueueAsync(queue);
        var id = await EnqueueAsync(queue);

        (await Should.ThrowAsync<ProblemException>(() => EnqueueAsync(queue))).Problem.ShouldBe(QueueProblems.TooManyTasks());
        await Should.ThrowAsync<ProblemException>(() => queue.EnsureRoomAsync("shop-a", Everything));

        await queue.DeleteAsync(id);
        await queue.EnsureRoomAsync("shop-a", Everything);
        await EnqueueAsync(queue);
    }

    [Fact]
    public async Task QueueWithTooManyBytes_IsFullUntilOneEnds()
    {
        var queue = Open(new() { MaxUnfinishedBytes = Image.Length * 2 });
        await EnqueueAsync(queue);
        await EnqueueAsync(queue);

        (await Should.ThrowAsync<ProblemException>(() => EnqueueAsync(queue))).Problem.ShouldBe(QueueProblems.TooManyBytes());

        await queue.FailAsync((await queue.TakeAsync(1)).Single(), Problem.Truncated());
        await EnqueueAsync(queue);
    }

    [Fact]
    public async Task ForgottenWhileQueued_NeverRuns()
    {
        var queue = Open(new());
        var id = await EnqueueAsync(queue);
        var other = await EnqueueAsync(queue);

        (await queue.DeleteAsync(id)).ShouldBe(TaskState.Cancelled);

        (await queue.FindAsync(id)).ShouldBeNull();
        (await queue.DeleteAsync(id)).ShouldBeNull();
        (await queue.FindAsync(other))!.Position.ShouldBe(1);
        (await queue.TakeAsync(5)).Single().Id.ShouldBe(other);
    }

    [Fact]
    public async Task ForgottenWhileRunning_TheRunHasNoEffect()
    {
        var queue = Open(new());
        var id = await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();

        (await queue.DeleteAsync(id)).ShouldBe(TaskState.Cancelled);

        (await queue.ExtendAsync(lease)).ShouldBeFalse();
        (await queue.SucceedAsync(lease, Answer())).ShouldBeFalse();
        (await queue.ReturnAsync(lease, null, TimeSpan.Zero)).ShouldBeFalse();
        (await queue.FindAsync(id)).ShouldBeNull();
        (await queue.MeasureAsync()).ShouldSatisfyAllConditions(d => d.Queued.ShouldBe(0), d => d.Running.ShouldBe(0));
    }

    [Fact]
    public async Task ResultExpires_BeforeTheTaskDoes()
    {
        var queue = Open(new() { Retention = TimeSpan.FromSeconds(0.5) });
        var id = await EnqueueAsync(queue);
        await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), Answer());

        var kept = (await queue.FindAsync(id))!;
        Pass(TimeSpan.FromSeconds(0.5));
        await Eventually.TrueAsync(async () => await queue.OpenResultAsync(kept) is null, "the result expires");
        (await queue.FindAsync(id)).ShouldNotBeNull();
        Pass(TimeSpan.FromSeconds(0.5));
        await Eventually.TrueAsync(async () => await queue.FindAsync(id) is null, "the task expires");
    }

    [Fact]
    public async Task UploadPastItsLifetime_IsGone()
    {
        var queue = Open(new() { InputLifetime = TimeSpan.FromSeconds(1) });
        await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();

        Pass(TimeSpan.FromSeconds(1));
        await Eventually.TrueAsync(async () => await queue.ReadImageAsync(lease) is null, "the upload expires");
        (await queue.FailAsync(lease, QueueProblems.Expired())).ShouldBeTrue();
    }
}
