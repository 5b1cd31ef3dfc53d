using Microsoft.Extensions.Time.Testing;
using Rembg.Contract;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tests.Pods;

public class PodCapacityTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));
    private readonly PodCapacity _capacity = new();

    [Fact]
    public void TwoBatches_AreTheStart()
    {
        _capacity.Limit.ShouldBe(2);
        _capacity.Announce(largestBatch: 8);
        _capacity.Announce(largestBatch: 8);
        _capacity.Limit.ShouldBe(16);
    }

    [Fact]
    public void RunsThatHardlyWait_MakeRoom_TwiceAsMuchEachRoundAtFirst()
    {
        _capacity.Announce(largestBatch: 4);
        Rounds(2, waited: 0);
        _capacity.Limit.ShouldBe(32);

        Fill();
        Ran(waited: 1, times: 32);
        _capacity.Limit.ShouldBe(32, "a run ahead keeps the pod busy");
        Ran(waited: 0, times: 33);
        _capacity.Limit.ShouldBe(33, "by one a round from now on");
    }

    [Fact]
    public void ForOneOfALightClient_ThereIsOnePlaceMore()
    {
        Fill();
        _capacity.HasRoom(Priority.Interactive, isLight: true, _time).ShouldBeTrue();
        _capacity.Enter();
        _capacity.HasRoom(Priority.Interactive, isLight: true, _time).ShouldBeFalse();
    }

    [Fact]
    public void PlacesThatNobodyUses_ProveNothing()
    {
        _capacity.Enter();
        Ran(waited: 0, times: 100);
        _capacity.Limit.ShouldBe(2);
    }

    [Fact]
    public void CutoutsDrawnWithAMask_SayNothingAboutRoom_ButThatThePodIsWell()
    {
        Fill();
        for (var i = 0; i < 100; i++) _capacity.Drew();
        _capacity.Limit.ShouldBe(2);

        _capacity.Lost(_time);
        _capacity.Limit.ShouldBe(1);
        _capacity.Drew();
        _capacity.Limit.ShouldBe(2);
        _capacity.PauseLeft(_time).ShouldBeNull();
    }

    [Fact]
    public void RunsThatWaitForOthers_TakeRoomAway_DownToTwoBatches()
    {
        _capacity.Announce(largestBatch: 4);
        Rounds(1, waited: 0);
        _capacity.Limit.ShouldBe(16);
        Ran(waited: 2, times: 17);
        _capacity.Limit.ShouldBe(14);
        Ran(waited: 2, times: 1000);
        _capacity.Limit.ShouldBe(8);
    }

    [Fact]
    public void AfterALoss_EachSuccessGivesAPlaceBack_HoweverLongItWaited()
    {
        _capacity.Announce(largestBatch: 4);
        for (var i = 0; i < 10; i++)
        {
            _capacity.Lost(_time);
            _time.Advance(TimeSpan.FromSeconds(5));
        }
        _capacity.Limit.ShouldBe(1);
        Ran(waited: 9, times: 3);
        _capacity.Limit.ShouldBe(4);
        Ran(waited: 9, times: 100);
        _capacity.Limit.ShouldBe(8);
    }

    [Fact]
    public void Refusals_HalveAndPause_AndThoseSentTogetherCountOnce()
    {
        _capacity.Announce(largestBatch: 8);
        _capacity.Limit.ShouldBe(16);
        for (var i = 0; i < 5; i++) _capacity.Refused(Priority.Interactive, TimeSpan.FromSeconds(1), _time);
        _capacity.Limit.ShouldBe(8);
        _capacity.HasRoom(Priority.Interactive, isLight: false, _time).ShouldBeFalse();
        _capacity.PauseLeft(_time).ShouldBe(TimeSpan.FromSeconds(1));

        _time.Advance(TimeSpan.FromSeconds(1));
        _capacity.HasRoom(Priority.Interactive, isLight: false, _time).ShouldBeTrue();
        _capacity.PauseLeft(_time).ShouldBeNull();
    }

    [Fact]
    public void FullForOnePriority_MayHaveRoomForTheOther()
    {
        _capacity.Refused(Priority.Background, TimeSpan.FromSeconds(1), _time);
        _capacity.HasRoom(Priority.Background, isLight: false, _time).ShouldBeFalse();
        _capacity.HasRoom(Priority.Interactive, isLight: false, _time).ShouldBeTrue();

        _capacity.Refused(Priority.Interactive, TimeSpan.FromSeconds(2), _time);
        _time.Advance(TimeSpan.FromSeconds(1.5));
        _capacity.HasRoom(Priority.Background, isLight: false, _time).ShouldBeFalse("what is full for people is full for tasks");
        Ran(waited: 0, times: 1);
        _capacity.HasRoom(Priority.Interactive, isLight: false, _time).ShouldBeTrue("it makes cutouts");
    }

    [Fact]
    public void LostConnections_PauseLongerEachTime_UntilOneSucceeds()
    {
        foreach (var pause in new[] { 0.1, 0.2, 0.4 })
        {
            _capacity.Lost(_time);
            _capacity.Lost(_time); // together with the first
            _capacity.PauseLeft(_time).ShouldBe(TimeSpan.FromSeconds(pause));
            _time.Advance(TimeSpan.FromSeconds(pause));
        }
        _capacity.Limit.ShouldBe(1);
        for (var i = 0; i < 20; i++)
        {
            _capacity.Lost(_time);
            _time.Advance(TimeSpan.FromSeconds(5));
        }
        _capacity.HasRoom(Priority.Interactive, isLight: false, _time).ShouldBeTrue("no pause is longer");

        Ran(waited: 0, times: 1);
        _capacity.Lost(_time);
        _capacity.PauseLeft(_time).ShouldBe(TimeSpan.FromSeconds(0.1));
    }

    private void Fill()
    {
        while (_capacity.HasRoom(Priority.Interactive, isLight: false, _time)) _capacity.Enter();
    }

    private void Rounds(int count, int waited)
    {
        for (; count > 0; count--)
        {
            Fill();
            for (var runs = _capacity.InFlight; runs > 0; runs--)
            {
                Ran(waited, 1);
                _capacity.Enter();
            }
        }
    }

    /// <param name="waited">In model runs.</param>
    private void Ran(int waited, int times)
    {
        for (; times > 0; times--) _capacity.Ran(waited * TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));
    }
}
