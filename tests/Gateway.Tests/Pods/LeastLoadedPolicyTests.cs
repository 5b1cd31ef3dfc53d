using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Pods;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Tests.Pods;

public class LeastLoadedPolicyTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly DestinationState _one = new("one");
    private readonly DestinationState _two = new("two");
    private readonly DestinationState _three = new("three");

    [Fact]
    public void NoPod_IsNoChoice() => Pick().ShouldBeNull();

    [Fact]
    public void BusierOfTwo_IsNotTaken()
    {
        Pod.Of(_one).Enter();
        for (var i = 0; i < 20; i++) Pick(_one, _two).ShouldBe("two");
    }

    [Fact]
    public void LoadFromOtherGateways_Counts()
    {
        Pod.Of(_one).Reported(10, _time);
        Pod.Of(_two).Enter();
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
        Pod.Of(_three).Enter();
        var picked = Enumerable.Range(0, 200).Select(_ => Pick(_one, _two, _three)).ToHashSet();
        picked.Order().ShouldBe(["one", "two"]);
    }

    private string? Pick(params DestinationState[] destinations) =>
        new LeastLoadedPolicy(_time).PickDestination(new DefaultHttpContext(), new ClusterState("c"), destinations)?.DestinationId;
}
