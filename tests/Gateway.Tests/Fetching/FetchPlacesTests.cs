using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Contract.Problems;
using Rembg.Gateway.Fetching;

namespace Rembg.Gateway.Tests.Fetching;

public sealed class FetchPlacesTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FetchPlaces _places;

    public FetchPlacesTests() => _places = new(Options.Create(new FetchingOptions { MaxConcurrent = 3, MaxConcurrentPerClient = 2 }), _time);

    public void Dispose() => _places.Dispose();

    [Fact]
    public async Task ClientWithItsShare_WaitsForItself_WhileOthersGoOn()
    {
        using var first = await EnterAsync("a");
        using var second = await EnterAsync("a");
        var third = EnterAsync("a");
        using var others = await EnterAsync("b");
        third.IsCompleted.ShouldBeFalse();

        first.Dispose();

        (await third).Dispose();
    }

    [Fact]
    public async Task ShareTakenForTooLong_Is429_AndLeavesNothingBehind()
    {
        using var first = await EnterAsync("a");
        using var second = await EnterAsync("a");
        var third = EnterAsync("a");

        _time.Advance(TimeSpan.FromSeconds(21));

        (await Should.ThrowAsync<ProblemException>(third)).Problem.Code.ShouldBe("rate_limited");
        first.Dispose();
        (await EnterAsync("a")).Dispose();
    }

    [Fact]
    public async Task AllPlacesTakenForTooLong_Is503_AndGivesTheClientsOwnBack()
    {
        using var a = await EnterAsync("a");
        using var b = await EnterAsync("b");
        using var c = await EnterAsync("c");
        var d = EnterAsync("d");

        _time.Advance(TimeSpan.FromSeconds(21));

        (await Should.ThrowAsync<ProblemException>(d)).Problem.Code.ShouldBe("overloaded");
        a.Dispose();
        (await EnterAsync("d")).Dispose();
    }

    [Fact]
    public async Task CallerWhoLeaves_WaitsNoLonger()
    {
        using var first = await EnterAsync("a");
        using var second = await EnterAsync("a");
        using var caller = new CancellationTokenSource();
        var third = _places.EnterAsync("a", caller.Token);

        await caller.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(third);
    }

    private Task<IDisposable> EnterAsync(string client) => _places.EnterAsync(client, CancellationToken.None);
}
