using System.Buffers;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>Who may run a task, for how long, and how often.</summary>
public abstract partial class TaskQueueTests
{
    [Fact]
    public async Task LeaseThatRanOut_IsTakenByAnotherAndTheLateWritesAreRefused()
    {
        var queue = Open(new() { Lease = TimeSpan.FromSeconds(0.2) });
        var id = await EnqueueAsync(queue);
        var late = (await queue.TakeAsync(1)).Single();
        Pass(TimeSpan.FromSeconds(0.2));
        TaskLease? now = null;
        await Eventually.TrueAsync(async () => (now = (await queue.TakeAsync(1)).SingleOrDefault()) is not null, "the lease runs out");

        now!.ShouldSatisfyAllConditions(l => l.Id.ShouldBe(id), l => l.Attempt.ShouldBe(2), l => l.Token.ShouldNotBe(late.Token));
        (await queue.SucceedAsync(late, Answer("late"))).ShouldBeFalse();
        (await queue.FailAsync(late, Problem.Internal())).ShouldBeFalse();
        (await queue.ExtendAsync(late)).ShouldBeFalse();
        (await queue.ReturnAsync(late, null, TimeSpan.Zero)).ShouldBeFalse();
        (await queue.FindAsync(id))!.State.ShouldBe(TaskState.Running);

        (await queue.SucceedAsync(now!, Answer("right"))).ShouldBeTrue();
        (await queue.SucceedAsync(late, Answer("late"))).ShouldBeFalse();
        using var open = await queue.OpenResultAsync((await queue.FindAsync(id))!);
        open!.Cutout.Content.Bytes.ToArray().ShouldBe(Answer("right").Cutout.Content.Bytes.ToArray());
    }

    [Fact]
    public async Task LeaseThatIsRenewed_IsNotTakenByAnother()
    {
        var queue = Open(new() { Lease = TimeSpan.FromSeconds(5) });
        await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();
        var other = await EnqueueAsync(queue);
        _ = (await queue.TakeAsync(1)).Single();

        // The second lease, taken later and not renewed, runs out first.
        IReadOnlyList<TaskLease> taken = [];
        await Eventually.TrueAsync(async () =>
        {
            Pass(TimeSpan.FromSeconds(1));
            (await queue.ExtendAsync(lease)).ShouldBeTrue();
            return (taken = await queue.TakeAsync(5)).Count > 0;
        }, "the other lease runs out");

        taken.Single().Id.ShouldBe(other);
    }

    [Fact]
    public async Task TaskGivenBack_KeepsItsPlaceAndCostsNoAttempt()
    {
        var queue = Open(new());
        var first = await EnqueueAsync(queue);
        await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();

        (await queue.ReturnAsync(lease, failure: null, TimeSpan.Zero)).ShouldBeTrue();

        (await queue.FindAsync(first))!.ShouldSatisfyAllConditions(t => t.State.ShouldBe(TaskState.Queued), t => t.Position.ShouldBe(1), t => t.Attempts.ShouldBe(0));
        var again = (await queue.TakeAsync(1)).Single();
        again.ShouldSatisfyAllConditions(l => l.Id.ShouldBe(first), l => l.Attempt.ShouldBe(1));
        (await queue.SucceedAsync(lease, Answer())).ShouldBeFalse();
    }

    [Fact]
    public async Task TaskGivenBackWithADelay_IsTakenWhenItIsOver()
    {
        var queue = Open(new() { Lease = TimeSpan.FromSeconds(30) });
        var id = await EnqueueAsync(queue);
        await queue.ReturnAsync((await queue.TakeAsync(1)).Single(), Problem.BadUpstream(), TimeSpan.FromSeconds(3));

        (await queue.TakeAsync(1)).ShouldBeEmpty();
        (await queue.FindAsync(id))!.State.ShouldBe(TaskState.Queued);
        Pass(TimeSpan.FromSeconds(3));
        TaskLease? again = null;
        await Eventually.TrueAsync(async () => (again = (await queue.TakeAsync(1)).SingleOrDefault()) is not null, "the delay is over");
        again!.Attempt.ShouldBe(2);
    }

    [Fact]
    public async Task TaskThatCameToABadEndTooOften_FailsWithAReason_TheOthersDoNot()
    {
        var queue = Open(new() { MaxAttempts = 2 });
        var poison = await EnqueueAsync(queue);
        var other = await EnqueueAsync(queue);
        for (var attempt = 1; attempt <= 2; attempt++)
            await queue.ReturnAsync((await queue.TakeAsync(1)).Single(), Problem.BadUpstream(), TimeSpan.Zero);

        (await queue.TakeAsync(5)).Single().Id.ShouldBe(other);

        var task = (await queue.FindAsync(poison))!;
        task.State.ShouldBe(TaskState.Failed);
        task.Attempts.ShouldBe(2);
        task.Error!.Code.ShouldBe("attempts_exhausted");
    }
}
