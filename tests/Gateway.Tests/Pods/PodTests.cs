using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tests.Pods;

public class PodTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly Pod _pod = new();

    [Fact]
    public void RunsOfADyingPod_AreLostTogether()
    {
        Enter(10);
        for (var i = 0; i < 10; i++) Lose().ShouldBe(10);

        _time.Advance(TimeSpan.FromSeconds(5));
        Enter(1);
        Lose().ShouldBe(1, "another death");
    }

    private void Enter(int runs)
    {
        for (var i = 0; i < runs; i++) _pod.Capacity.Enter();
    }

    private int Lose()
    {
        var lost = _pod.CountConnectionLoss(_time);
        _pod.Capacity.Leave();
        return lost;
    }
}
