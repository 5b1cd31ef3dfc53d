using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Tasks;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class AdaptiveConcurrencyLimitTests : IDisposable
{
    private static readonly TimeSpan Run = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = new();
    private readonly TaskSignals _signals = new();
    private readonly AdaptiveConcurrencyLimit _room;

    public AdaptiveConcurrencyLimitTests() => _room = new(Options.Create(new TaskOptions { MaxRunning = 8 }), _signals, _time);

    public void Dispose() => _room.Dispose();

    [Fact]
    public void Start_IsSmall() => _room.Free.ShouldBe(2);

    [Fact]
    public void RunsThatHardlyWait_OpenOnePlaceARound()
    {
        Fill();
        Round(waited: TimeSpan.Zero);
        _room.Free.ShouldBe(0); // 2 + 1/2 + 1/2.5
        Round(waited: TimeSpan.Zero);
        _room.Free.ShouldBe(1);

        for (var round = 0; round < 20; round++)
        {
            Fill();
            Round(waited: Run);
        }
        _room.Free.ShouldBe(0);
        Running.ShouldBe(8);
    }

    [Fact]
    public void PlacesThatNobodyUses_ProveNothing()
    {
        _room.Enter();
        for (var i = 0; i < 10; i++) _room.Ran(TimeSpan.Zero, Run);
        _room.Leave();

        _room.Free.ShouldBe(2);
    }

    [Fact]
    public void RunsThatWaitedForMoreThanTwoRuns_TakePlacesAwayButNeverTheLast()
    {
        for (var i = 0; i < 20; i++) _room.Ran(Run * 2.1, Run);
        _room.Free.ShouldBe(1);
    }

    [Fact]
    public void RunThatWaitedBetweenOneRunAndTwo_ChangesNothing()
    {
        Fill();
        for (var i = 0; i < 20; i++) _room.Ran(Run * 1.5, Run);
        _room.Free.ShouldBe(0);
        Running.ShouldBe(2);
    }

    [Fact]
    public async Task Refusal_HalvesPausesAndWakesTheWorkerAfterwards()
    {
        while (Running < 4)
        {
            Fill();
            Round(TimeSpan.Zero);
        }

        for (var i = 0; i < 4; i++) _room.Refused(); // all were sent together
        Empty();

        _room.Free.ShouldBe(0);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        await _signals.Work.WaitAsync(CancellationToken.None);
        _room.Free.ShouldBe(2);
    }

    [Fact]
    public void Refusals_OneAfterTheOther_PauseLongerUntilARunSucceeds()
    {
        for (var pause = TimeSpan.FromMilliseconds(100); pause < TimeSpan.FromSeconds(5); pause *= 2) Refuse(pause);
        Refuse(TimeSpan.FromSeconds(5));
        Refuse(TimeSpan.FromSeconds(5));

        _room.Ran(TimeSpan.Zero, Run);
        Refuse(TimeSpan.FromMilliseconds(100));

        void Refuse(TimeSpan pause)
        {
            _room.Refused();
            _time.Advance(pause - TimeSpan.FromMilliseconds(1));
            _room.Free.ShouldBe(0);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            _room.Free.ShouldBe(1);
        }
    }

    private int Running { get; set; }

    private void Fill()
    {
        while (_room.Free > 0)
        {
            _room.Enter();
            Running++;
        }
    }

    private void Empty()
    {
        for (; Running > 0; Running--) _room.Leave();
    }

    /// <summary>Every run ends once.</summary>
    private void Round(TimeSpan waited)
    {
        for (var i = 0; i < Running; i++) _room.Ran(waited, Run);
    }
}
