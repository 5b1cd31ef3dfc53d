using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rembg.Contract;
using Rembg.Inference.Batching;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference.Tests.Batching;

public sealed class BatcherTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ManualAccelerator _accelerator = new();
    private readonly CostModel _cost = new();
    private readonly Meter _meter = new("test");
    private Batcher? _batcher;

    [Fact]
    public async Task LoneRequest_RunsAtOnce()
    {
        var answer = Submit(7);

        (await _accelerator.NextRunAsync()).Finish();

        var result = await answer;
        result.Mask.ShouldBe([7]);
        result.BatchSize.ShouldBe(1);
        result.Waited.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public async Task RequestsThatArriveDuringARun_ShareTheNextOnes()
    {
        Start(sizes: [1, 2, 4]);
        Task<BatchResult>[] answers = [Submit(0)];
        var first = await _accelerator.NextRunAsync();
        answers = [.. answers, .. Enumerable.Range(1, 6).Select(i => Submit((byte)i))];

        first.Finish();
        var second = await _accelerator.NextRunAsync();
        second.Images.ShouldBe([1, 2, 3, 4]);
        second.Finish();
        var third = await _accelerator.NextRunAsync();
        third.Images.ShouldBe([5, 6]);
        third.Finish();

        var results = await Task.WhenAll(answers);
        results.Select(r => r.Mask[0]).ShouldBe([0, 1, 2, 3, 4, 5, 6]);
        results.Select(r => r.BatchSize).ShouldBe([1, 4, 4, 4, 4, 2, 2]);
    }

    [Fact]
    public async Task TwoExecutors_RunTwoBatchesAtOnce()
    {
        Start(executors: 2);
        Task<BatchResult>[] answers = [Submit(1), Submit(2), Submit(3)];

        var one = await _accelerator.NextRunAsync();
        var two = await _accelerator.NextRunAsync();
        _accelerator.IsIdle.ShouldBeTrue("both executors are busy");
        two.Finish();
        var three = await _accelerator.NextRunAsync();

        one.Finish();
        three.Finish();
        (await Task.WhenAll(answers)).Select(r => r.Mask[0]).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task InteractiveAndBackground_InteractiveGoesFirstAndBackgroundFillsTheBatch()
    {
        Start(sizes: [1, 2, 4]);
        _ = Submit(0);
        var busy = await _accelerator.NextRunAsync();
        _ = Submit(10, Priority.Background);
        _ = Submit(11, Priority.Background);
        _ = Submit(1);
        _ = Submit(2);
        _ = Submit(12, Priority.Background);
        busy.Finish();

        var run = await _accelerator.NextRunAsync();
        run.Images.ShouldBe([1, 2, 10, 11]);
        run.Finish();
        (await _accelerator.NextRunAsync()).Finish();
    }

    [Fact]
    public async Task LightClients_GoBeforeTheOthersOfTheirPriority()
    {
        Start(sizes: [1]);
        _ = Submit(0);
        var run = await _accelerator.NextRunAsync();
        _ = Submit(1);
        _ = Submit(2);
        _ = Submit(3, isLight: true);

        foreach (byte next in new byte[] { 3, 1, 2 })
        {
            run.Finish();
            run = await _accelerator.NextRunAsync();
            run.Images.ShouldBe([next]);
        }
        run.Finish();
    }

    [Fact]
    public async Task FloodOfInteractive_StillLeavesBackgroundItsShare()
    {
        Start(share: 0.2);
        _ = Submit(0);
        var run = await _accelerator.NextRunAsync();
        for (byte i = 1; i <= 20; i++) _ = Submit(i);
        for (byte i = 101; i <= 103; i++) _ = Submit(i, Priority.Background);

        var order = new List<byte>();
        for (var i = 0; i < 23; i++)
        {
            run.Finish();
            run = await _accelerator.NextRunAsync();
            order.Add(run.Images.ShouldHaveSingleItem());
        }
        run.Finish();

        order.Take(15).Count(image => image > 100).ShouldBe(3, "one place in five, although interactive was waiting");
        order.IndexOf(101).ShouldBe(4);
    }

    [Fact]
    public async Task CancelledWhileWaiting_NeverRuns()
    {
        _ = Submit(0);
        var busy = await _accelerator.NextRunAsync();
        using var caller = new CancellationTokenSource();
        var left = Submit(1, caller: caller.Token);
        var stayed = Submit(2);

        await caller.CancelAsync();
        left.IsCompleted.ShouldBeFalse("it is accounted for until it is out of the queue");
        busy.Finish();

        (await Should.ThrowAsync<DroppedException>(left)).Reason.ShouldBe(DropReason.Cancelled);
        var run = await _accelerator.NextRunAsync();
        run.Images.ShouldBe([2]);
        run.Finish();
        await stayed;
    }

    [Fact]
    public async Task DeadlineThatPassedWhileWaiting_NeverRuns()
    {
        _ = Submit(0);
        var busy = await _accelerator.NextRunAsync();
        var late = Submit(1, seconds: 2);
        _time.Advance(TimeSpan.FromSeconds(3));
        busy.Finish();

        (await Should.ThrowAsync<DroppedException>(late)).Reason.ShouldBe(DropReason.Expired);
    }

    [Fact]
    public async Task DeadlineThatTheRunCannotMeet_NeverRuns()
    {
        for (var i = 0; i < 5; i++) _cost.Learn(1, TimeSpan.FromSeconds(1));
        _ = Submit(0);
        var busy = await _accelerator.NextRunAsync();
        var doomed = Submit(1, seconds: 2);
        var possible = Submit(2, seconds: 60);
        _time.Advance(TimeSpan.FromSeconds(1.5));
        busy.Finish();

        (await Should.ThrowAsync<DroppedException>(doomed)).Reason.ShouldBe(DropReason.CannotMeetDeadline);
        (await _accelerator.NextRunAsync()).Finish();
        await possible;
    }

    [Fact]
    public async Task PoisonInABatch_FailsAlone()
    {
        Start(sizes: [1, 2, 4]);
        _ = Submit(0);
        var busy = await _accelerator.NextRunAsync();
        Task<BatchResult>[] answers = [Submit(1), Submit(66), Submit(3), Submit(4)];
        busy.Finish();

        (await _accelerator.NextRunAsync()).Fail();
        for (var i = 0; i < 4; i++)
        {
            var alone = await _accelerator.NextRunAsync();
            if (alone.Images.ShouldHaveSingleItem() == 66) alone.Fail();
            else alone.Finish();
        }

        await Should.ThrowAsync<RunFailedException>(answers[1]);
        foreach (var answer in new[] { answers[0], answers[2], answers[3] }) (await answer).BatchSize.ShouldBe(1);
    }

    [Fact]
    public async Task AfterAFailedRun_TheExecutorIsFreeAgain()
    {
        var failed = Submit(1);
        (await _accelerator.NextRunAsync()).Fail();
        await Should.ThrowAsync<RunFailedException>(failed);

        var next = Submit(2);
        (await _accelerator.NextRunAsync()).Finish();
        (await next).Mask.ShouldBe([2]);
        Batcher.Load.ShouldBe(0);
    }

    [Fact]
    public async Task ConfiguredDelay_LetsABatchFillButNoLonger()
    {
        Start(sizes: [1, 2, 4], delay: 10);
        _ = Submit(1);
        _ = Submit(2);
        await AdvanceUntilRunAsync(TimeSpan.FromMilliseconds(10));

        var run = await _accelerator.NextRunAsync();
        run.Images.ShouldBe([1, 2]);
        run.Finish();
    }

    [Fact]
    public async Task ConfiguredDelay_AFullBatchDoesNotWait()
    {
        Start(sizes: [1, 2], delay: 1000);
        _ = Submit(1);
        _ = Submit(2);

        var run = await _accelerator.NextRunAsync();
        run.Images.ShouldBe([1, 2]);
        run.Finish();
    }

    [Fact]
    public async Task Stopping_FinishesWhatWaits()
    {
        Task<BatchResult>[] answers = [Submit(1), Submit(2), Submit(3)];
        var stopping = Batcher.DisposeAsync().AsTask();
        for (var i = 0; i < 3; i++)
        {
            stopping.IsCompleted.ShouldBeFalse();
            (await _accelerator.NextRunAsync()).Finish();
        }

        (await Task.WhenAll(answers)).Select(r => r.Mask[0]).ShouldBe([1, 2, 3]);
        await stopping.WaitAsync(TimeSpan.FromSeconds(30));
        await Should.ThrowAsync<ObjectDisposedException>(Submit(4));
    }

    [Fact]
    public async Task EstimatedWait_CountsTheRunsAheadByPriority()
    {
        for (var i = 0; i < 3; i++) _cost.Learn(1, TimeSpan.FromSeconds(1));
        Batcher.EstimateWait(Priority.Interactive).ShouldBe(TimeSpan.FromSeconds(1), "its own run");
        _ = Submit(0);
        var run = await _accelerator.NextRunAsync();
        for (byte i = 1; i <= 9; i++) _ = Submit(i, Priority.Background);

        Batcher.EstimateWait(Priority.Interactive).ShouldBe(TimeSpan.FromSeconds(2), "the run under way and its own");
        Batcher.EstimateWait(Priority.Background).ShouldBe(TimeSpan.FromSeconds(11));
        Batcher.Load.ShouldBe(10);

        for (var i = 0; i < 9; i++)
        {
            run.Finish();
            run = await _accelerator.NextRunAsync();
        }
        run.Finish();
    }

    [Fact]
    public async Task RunnerThatBreaksItsContract_CostsItsBatchAndNothingElse()
    {
        Start(sizes: [1, 2]);
        var first = Submit(0);
        var run = await _accelerator.NextRunAsync();
        Task<BatchResult>[] pair = [Submit(1), Submit(2)];
        run.Finish();
        (await _accelerator.NextRunAsync()).FinishTooShort();

        // Each runs alone, also the one that was answered already; the executor comes back.
        foreach (var _ in pair) (await _accelerator.NextRunAsync()).Finish();
        await Task.WhenAll([first, .. pair]);
        var next = Submit(3);
        (await _accelerator.NextRunAsync()).Finish();
        (await next).Mask.ShouldBe([3]);
        Batcher.Completion.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task LoopThatBreaks_FailsWhoWaitsAndSaysSo()
    {
        var time = new BreakableTime();
        await using var batcher = new Batcher(_accelerator, new BatchSizes([1]), executors: 1, new BatchingOptions(), _cost, new BatcherMetrics(_meter, "broken", NullLogger.Instance), time);
        var deadline = Deadline.After(TimeSpan.FromMinutes(1), time);
        var running = batcher.RunAsync([1], Priority.Interactive, deadline, CancellationToken.None);
        var run = await _accelerator.NextRunAsync();
        var waiting = batcher.RunAsync([2], Priority.Interactive, deadline, CancellationToken.None);

        time.IsBroken = true;
        run.Finish();

        await Should.ThrowAsync<RunFailedException>(running);
        await Should.ThrowAsync<RunFailedException>(waiting);
        await Should.ThrowAsync<InvalidOperationException>(batcher.Completion);
        time.IsBroken = false;
        await Should.ThrowAsync<ObjectDisposedException>(batcher.RunAsync([3], Priority.Interactive, deadline, CancellationToken.None));
    }

    private sealed class BreakableTime : TimeProvider
    {
        private volatile bool _isBroken;

        public bool IsBroken { set => _isBroken = value; }

        public override long GetTimestamp() => _isBroken ? throw new InvalidOperationException("A bug.") : base.GetTimestamp();
    }

    private Batcher Batcher => _batcher ??= Start();

    private Task<BatchResult> Submit(byte image, Priority priority = Priority.Interactive, double seconds = 60, bool isLight = false, CancellationToken caller = default) =>
        Batcher.RunAsync([image], priority, Deadline.After(TimeSpan.FromSeconds(seconds), _time), caller, isLight);

    private Batcher Start(int[]? sizes = null, int executors = 1, int delay = 0, double share = 0.1) =>
        _batcher = new Batcher(_accelerator, new BatchSizes(sizes ?? [1]), executors,
            new BatchingOptions { DelayMilliseconds = delay, BackgroundShare = share }, _cost, new BatcherMetrics(_meter, "test", NullLogger.Instance), _time);

    /// <summary>The loop registers its timer on another thread; the fake clock is moved until that timer is due.</summary>
    private async Task AdvanceUntilRunAsync(TimeSpan step)
    {
        while (_accelerator.IsIdle)
        {
            _time.Advance(step);
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Batcher.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        _meter.Dispose();
    }
}
