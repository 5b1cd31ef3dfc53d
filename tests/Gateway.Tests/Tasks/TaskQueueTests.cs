using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>What every queue promises; run over the one in memory and the one on Redis.</summary>
public abstract class TaskQueueTests : IAsyncLifetime
{
    private static readonly byte[] Image = Images.Jpeg();

    private ServiceProvider _metrics = null!;

    private protected TaskMetrics Metrics { get; private set; } = null!;
    private protected TaskSignals Signals { get; } = new();

    private protected abstract ITaskQueue Open(TaskOptions options);

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
        task.Result.ShouldNotBeNull().Key.ShouldBe(Answer().Key.Value);
        using var open = (await queue.OpenResultAsync(task)).ShouldNotBeNull();
        open.Cutout.Bytes.ToArray().ShouldBe(Answer().Cutout.Bytes.ToArray());
        (open.Cutout with { Bytes = default }).ShouldBe(Answer().Cutout with { Bytes = default });
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

    [Fact]
    public async Task LeaseThatRanOut_IsTakenByAnotherAndTheLateWritesAreRefused()
    {
        var queue = Open(new() { Lease = TimeSpan.FromSeconds(0.2) });
        var id = await EnqueueAsync(queue);
        var late = (await queue.TakeAsync(1)).Single();
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
        open!.Cutout.Bytes.ToArray().ShouldBe(Answer("right").Cutout.Bytes.ToArray());
    }

    [Fact]
    public async Task LeaseThatIsRenewed_IsNotTakenByAnother()
    {
        var queue = Open(new() { Lease = TimeSpan.FromSeconds(1) });
        await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();
        var other = await EnqueueAsync(queue);
        _ = (await queue.TakeAsync(1)).Single();

        // The second lease, taken later and not renewed, runs out first.
        IReadOnlyList<TaskLease> taken = [];
        await Eventually.TrueAsync(async () =>
        {
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

        (await queue.ReturnAsync(lease, badEnd: null, TimeSpan.Zero)).ShouldBeTrue();

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
        await queue.ReturnAsync((await queue.TakeAsync(1)).Single(), Problem.BadUpstream(), TimeSpan.FromSeconds(0.3));

        (await queue.TakeAsync(1)).ShouldBeEmpty();
        (await queue.FindAsync(id))!.State.ShouldBe(TaskState.Queued);
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
        await queue.ForgetAsync(first.Task.Id);

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
        await Should.ThrowAsync<ProblemException>(queue.EnsureRoomAsync);

        await queue.ForgetAsync(id);
        await queue.EnsureRoomAsync();
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
    public async Task TooManyResults_KeepNewTasksOutUntilOneIsForgottenOrExpires()
    {
        var queue = Open(new() { MaxResultBytes = 1500, Retention = TimeSpan.FromSeconds(1) });
        var id = await EnqueueAsync(queue);
        await EnqueueAsync(queue);
        foreach (var lease in await queue.TakeAsync(2)) await queue.SucceedAsync(lease, Answer());

        (await Should.ThrowAsync<ProblemException>(() => EnqueueAsync(queue))).Problem.ShouldBe(QueueProblems.TooManyResults());
        await queue.ForgetAsync(id);
        var third = await EnqueueAsync(queue);

        await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), Answer());
        await Eventually.TrueAsync(async () => await queue.FindAsync(third) is { } task && await queue.OpenResultAsync(task) is null, "the result expires");
        await EnqueueAsync(queue);
    }

    [Fact]
    public async Task ForgottenWhileQueued_NeverRuns()
    {
        var queue = Open(new());
        var id = await EnqueueAsync(queue);
        var other = await EnqueueAsync(queue);

        (await queue.ForgetAsync(id)).ShouldBe(TaskState.Cancelled);

        (await queue.FindAsync(id)).ShouldBeNull();
        (await queue.ForgetAsync(id)).ShouldBeNull();
        (await queue.FindAsync(other))!.Position.ShouldBe(1);
        (await queue.TakeAsync(5)).Single().Id.ShouldBe(other);
    }

    [Fact]
    public async Task ForgottenWhileRunning_TheRunHasNoEffect()
    {
        var queue = Open(new());
        var id = await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();

        (await queue.ForgetAsync(id)).ShouldBe(TaskState.Cancelled);

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
        await Eventually.TrueAsync(async () => await queue.OpenResultAsync(kept) is null, "the result expires");
        (await queue.FindAsync(id)).ShouldNotBeNull();
        await Eventually.TrueAsync(async () => await queue.FindAsync(id) is null, "the task expires");
    }

    [Fact]
    public async Task UploadPastItsLifetime_IsGone()
    {
        var queue = Open(new() { InputLifetime = TimeSpan.FromSeconds(1) });
        await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();

        await Eventually.TrueAsync(async () => await queue.ReadImageAsync(lease) is null, "the upload expires");
        (await queue.FailAsync(lease, QueueProblems.Expired())).ShouldBeTrue();
    }

    private protected static async Task<string> EnqueueAsync(ITaskQueue queue) => (await queue.EnqueueAsync(New())).Task.Id;

    private protected static NewTask New(string? key = null, string fingerprint = "same") =>
        new(Upload.FromBytes(Image), Request(), key is null ? null : new(key, fingerprint));

    private protected static CutoutAnswer Answer(string text = "picture") => new(
        new Cutout(Enumerable.Repeat((byte)text[0], 1000).ToArray(), "image/png", 40, 30, "1 2 3 4", "queue;dur=1"),
        CutoutKey.Kept(new string('a', 64), CutoutOptions.Default), CacheStatus.Miss);

    private static TaskRequest Request() => new("shop-a", IsAnonymous: false, CutoutOptions.Default.ToQuery(), NoStore: false, "request-1", TraceParent: null);
}
