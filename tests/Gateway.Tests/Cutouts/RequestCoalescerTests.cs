using Microsoft.Extensions.Time.Testing;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;

namespace Rembg.Gateway.Tests.Cutouts;

public class RequestCoalescerTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RequestCoalescer<string> _runs;
    private TaskCompletionSource<string> _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationToken _ended;
    private int _starts;

    public RequestCoalescerTests() => _runs = new(_time);

    [Fact]
    public async Task EqualKeys_ShareOneRun()
    {
        var callers = Enumerable.Range(0, 50).Select(_ => Join("a")).ToArray();
        _work.SetResult("done");

        var results = await Task.WhenAll(callers);
        results.ShouldAllBe(result => result.Result == "done");
        results.Count(result => result.Coalesced).ShouldBe(49);
        _starts.ShouldBe(1);
        _runs.Count.ShouldBe(0);
    }

    [Fact]
    public async Task OtherKeys_RunApart()
    {
        var callers = new[] { Join("a"), Join("b") };
        _work.SetResult("done");
        await Task.WhenAll(callers);
        _starts.ShouldBe(2);
    }

    [Fact]
    public async Task FirstCallerLeaves_OthersGetTheResult()
    {
        using var first = new CancellationTokenSource();
        var leaves = Join("a", first.Token);
        var stays = Join("a");

        await first.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(leaves);
        _ended.IsCancellationRequested.ShouldBeFalse();

        _work.SetResult("done");
        (await stays).Result.ShouldBe("done");
    }

    [Fact]
    public async Task LastCallerLeaves_RunIsCancelledAndTheNextStartsAnew()
    {
        using var both = new CancellationTokenSource();
        var callers = new[] { Join("a", both.Token), Join("a", both.Token) };

        await both.CancelAsync();
        foreach (var caller in callers) await Should.ThrowAsync<OperationCanceledException>(caller);
        _ended.IsCancellationRequested.ShouldBeTrue();
        _runs.Count.ShouldBe(0);

        var next = Join("a");
        _starts.ShouldBe(2);
        _work.SetResult("done");
        (await next).Coalesced.ShouldBeFalse();
    }

    [Fact]
    public async Task Failure_IsEverybodys()
    {
        var callers = new[] { Join("a"), Join("a") };
        _work.SetException(Problem.Truncated().AsException());
        foreach (var caller in callers) (await Should.ThrowAsync<ProblemException>(caller)).Problem.Code.ShouldBe("truncated_image");
    }

    [Fact]
    public async Task DeadlinePasses_CallersAreTold()
    {
        var caller = Join("a");
        _time.Advance(TimeSpan.FromSeconds(10));
        (await Should.ThrowAsync<ProblemException>(caller)).Problem.Status.ShouldBe(504);
    }

    [Fact]
    public async Task FirstCallersDeadlinePasses_LaterOneGetsARunOfItsOwn()
    {
        var first = Join("a");
        _time.Advance(TimeSpan.FromSeconds(5));
        var second = Join("a");

        _time.Advance(TimeSpan.FromSeconds(5));
        await Should.ThrowAsync<ProblemException>(first);
        _work.SetResult("done");
        (await second).Result.ShouldBe("done");
        _starts.ShouldBe(2);
    }

    [Fact]
    public async Task RefusalOfTheFirstCallersClient_IsNotTheOthers()
    {
        var (first, second) = (Join("a"), Join("a"));
        var refused = _work;
        _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
        refused.SetException(Problem.RateLimited(TimeSpan.FromSeconds(1), "Too many wait.").AsException());
        (await Should.ThrowAsync<ProblemException>(first)).Problem.Status.ShouldBe(429);
        _work.SetResult("done");
        (await second).Result.ShouldBe("done");
    }

    private Task<(string Result, bool Coalesced)> Join(string key, CancellationToken caller = default) =>
        _runs.RunAsync(key, Deadline.After(TimeSpan.FromSeconds(10), _time), ended =>
        {
            Interlocked.Increment(ref _starts);
            _ended = ended;
            return _work.Task.WaitAsync(ended);
        }, caller);
}
