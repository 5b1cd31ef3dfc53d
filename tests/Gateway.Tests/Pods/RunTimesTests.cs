using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tests.Pods;

public class RunTimesTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly RunTimes _one = new();
    private readonly RunTimes _other = new();

    [Fact]
    public void OnlyTheSameWork_IsCompared()
    {
        Add(_one, "large", 1, 160);
        Add(_other, "small", 1, 20);
        Add(_other, "large", 8, 900);
        _one.SpeedRatioTo(_other, "large", _time).ShouldBe(1, "nothing in common yet");

        Add(_other, "large", 1, 40);
        _one.SpeedRatioTo(_other, "large", _time).ShouldBe(4);
        _other.SpeedRatioTo(_one, "large", _time).ShouldBe(0.25);
        _one.SpeedRatioTo(_other, "small", _time).ShouldBe(1);
    }

    [Fact]
    public void LatestRuns_CountMostAndChanceDoesNot()
    {
        Add(_other, "m", 1, 100);
        Add(_one, "m", 1, 100, 200);
        _one.SpeedRatioTo(_other, "m", _time).ShouldBe(1, "one slow run is not yet a slow pod");
        Add(_one, "m", 1, 0); // did not say
        Add(_one, "m", 1, [.. Enumerable.Repeat(200, 30)]);
        _one.SpeedRatioTo(_other, "m", _time).ShouldBe(2, 0.01);
    }

    [Fact]
    public void PodThatWasSlow_IsAskedAgainAfterAWhile()
    {
        Add(_one, "m", 1, 400);
        Add(_other, "m", 1, 100);
        _one.SpeedRatioTo(_other, "m", _time).ShouldBe(4);

        _time.Advance(TimeSpan.FromSeconds(61));
        Add(_other, "m", 1, 100);
        _one.SpeedRatioTo(_other, "m", _time).ShouldBe(1, "nobody knows how fast it is now");
        Add(_one, "m", 1, 100);
        _one.SpeedRatioTo(_other, "m", _time).ShouldBe(1, "what it took a minute ago counts no more");
    }

    private void Add(RunTimes times, string model, int images, params int[] milliseconds)
    {
        foreach (var one in milliseconds) times.Add(model, images, TimeSpan.FromMilliseconds(one), _time);
    }
}
