using Microsoft.Extensions.Time.Testing;
using Rembg.Contract;
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

    [Fact]
    public void FullForOnePriority_MayHaveRoomForTheOther()
    {
        _pod.Full(Priority.Background, TimeSpan.FromSeconds(1), _time);
        _pod.IsFull(Priority.Background, _time).ShouldBeTrue();
        _pod.IsFull(Priority.Interactive, _time).ShouldBeFalse();

        _pod.Full(Priority.Interactive, TimeSpan.FromSeconds(2), _time);
        _time.Advance(TimeSpan.FromSeconds(1.5));
        _pod.IsFull(Priority.Background, _time).ShouldBeTrue("what is full for people is full for tasks");
        _pod.Finished();
        _pod.IsFull(Priority.Interactive, _time).ShouldBeFalse();
    }

    private void Enter(int runs)
    {
        for (var i = 0; i < runs; i++) _pod.Enter();
    }

    private int Lose()
    {
        _pod.Leave();
        return _pod.CountConnectionLoss(_time);
    }
}
