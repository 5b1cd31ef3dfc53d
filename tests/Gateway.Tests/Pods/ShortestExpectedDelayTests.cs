using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Pods;
using Rembg.Testing;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Tests.Pods;

public class ShortestExpectedDelayTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly Random _random = new(1);
    private readonly DestinationState _one = new("one");
    private readonly DestinationState _two = new("two");
    private readonly DestinationState _three = new("three");

    [Fact]
    public void NoPod_IsNoChoice() => Pick().ShouldBeNull();

    [Fact]
    public void BusierOfTwo_IsNotTaken()
    {
        Pod.Of(_one).Capacity.Enter();
        for (var i = 0; i < 20; i++) Pick(_one, _two).ShouldBe("two");
    }

    [Fact]
    public void LoadFromOtherGateways_Counts()
    {
        Pod.Of(_one).Reported(10, _time);
        Pod.Of(_two).Capacity.Enter();
        for (var i = 0; i < 20; i++) Pick(_one, _two).ShouldBe("two");
    }

    [Fact]
    public void OldReports_FadeToWhatWeKnowOurselves()
    {
        Pod.Of(_one).Reported(10, _time);
        Pod.Of(_one).Load(_time).ShouldBe(10);
        _time.Advance(TimeSpan.FromSeconds(1));
        Pod.Of(_one).Load(_time).ShouldBe(5);
        _time.Advance(TimeSpan.FromSeconds(5));
        Pod.Of(_one).Load(_time).ShouldBe(0);
    }

    [Fact]
    public void BusiestOfThree_IsNeverTakenAndTheOthersBoth()
    {
        Pod.Of(_three).Capacity.Enter();
        var picked = Enumerable.Range(0, 200).Select(_ => Pick(_one, _two, _three)).ToHashSet();
        picked.Order().ShouldBe(["one", "two"]);
    }

    [Fact]
    public void SlowerPod_IsTakenWhenTheFasterHasMoreToDoFirst()
    {
        Runs(_one, "m", 40);
        Runs(_two, "m", 160);
        for (var held = 0; held < 3; held++)
        {
            Pick(_one, _two).ShouldBe("one", $"holding {held}");
            Pod.Of(_one).Capacity.Enter();
        }
        Pod.Of(_one).Capacity.Enter();
        for (var i = 0; i < 20; i++) Pick(_one, _two).ShouldBe("two");
    }

    [Fact]
    public void SpeedIsNotKnownForThisModel_OnlyTheLoadCounts()
    {
        Runs(_one, "m", 40);
        Runs(_two, "other", 4000);
        Pod.Of(_one).Capacity.Enter();
        for (var i = 0; i < 20; i++) Pick(_one, _two).ShouldBe("two");
    }

    [Fact]
    public async Task PodOnASlowNode_IsSpared()
    {
        await using var slow = await FakePod.StartAsync();
        await using var fast = await FakePod.StartAsync();
        slow.Always = PodScripts.Cutout(infer: 400);
        fast.Always = PodScripts.Cutout(infer: 40);
        await using var gateway = await GatewayApp.StartAsync([slow, fast]);
        var seed = 0;
        while (slow.Requests.IsEmpty || fast.Requests.IsEmpty) await gateway.CutAsync(seed++);

        var known = slow.Requests.Count;
        for (var i = 0; i < 20; i++) await gateway.CutAsync(seed++);
        slow.Requests.Count.ShouldBe(known, "whoever comes alone is served sooner by the fast one");
    }

    private void Runs(DestinationState destination, string model, int milliseconds) =>
        Pod.Of(destination).RunTimes.Add(model, 1, TimeSpan.FromMilliseconds(milliseconds), _time);

    private string? Pick(params DestinationState[] destinations) => new ShortestExpectedDelay(_random, _time).Pick("m", destinations)?.DestinationId;
}
