using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tests.Pods;

public class QueuePaceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly QueuePace _pace;

    public QueuePaceTests() => _pace = new(_time);

    [Fact]
    public void FewThatLeft_TellNothing()
    {
        Leave(19, everySeconds: 2);
        _pace.TimeFor(10).ShouldBeNull();
    }

    [Fact]
    public void TimeBetweenTwo_TellsWhatManyTake()
    {
        Leave(100, everySeconds: 2);
        _pace.TimeFor(10)!.Value.TotalSeconds.ShouldBe(20, 0.01);
    }

    [Fact]
    public void TimesWithoutAQueue_CountNothing()
    {
        Leave(100, everySeconds: 2);
        _pace.Left(othersWait: false);
        _time.Advance(TimeSpan.FromHours(1));
        Leave(1, everySeconds: 2);
        _pace.TimeFor(10)!.Value.TotalSeconds.ShouldBe(20, 0.01);
    }

    [Fact]
    public void TimesWithoutAPod_CountNothing()
    {
        Leave(100, everySeconds: 2);
        _pace.Interrupted();
        _time.Advance(TimeSpan.FromHours(1));
        Leave(1, everySeconds: 2);
        _pace.TimeFor(10)!.Value.TotalSeconds.ShouldBe(20, 0.01);
    }

    private void Leave(int count, int everySeconds)
    {
        for (; count > 0; count--)
        {
            _pace.Left(othersWait: true);
            _time.Advance(TimeSpan.FromSeconds(everySeconds));
        }
    }
}
