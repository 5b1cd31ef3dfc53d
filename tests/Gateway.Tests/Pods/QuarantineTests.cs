using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Pods;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Pods;

public sealed class QuarantineTests : IDisposable
{
    private static readonly byte[] Image = [1, 2, 3];
    private readonly FakeTimeProvider _time = new();
    private readonly LogLines _log = new();
    private readonly Quarantine _quarantine;

    public QuarantineTests() => _quarantine = new(Options.Create(new PodsOptions { QuarantineFor = TimeSpan.FromMinutes(5) }), _time, new LoggerFactory([_log]).CreateLogger<Quarantine>());

    public void Dispose() => _quarantine.Dispose();

    [Fact]
    public void QuarantinedImage_IsLoggedOnceByItsHash()
    {
        _quarantine.Died(Image, runs: 1);
        _log.All.ShouldBeEmpty();
        _quarantine.Died(Image, runs: 1);
        _quarantine.Died(Image, runs: 1);
        _log.At(LogLevel.Warning).ShouldHaveSingleItem().ShouldStartWith("Image 010203 is refused for 00:05:00");
    }

    [Fact]
    public void OneDeath_CondemnsNobody()
    {
        _quarantine.Died(Image, runs: 1);
        _quarantine.Holds(Image).ShouldBeFalse();
    }

    [Fact]
    public void TwoDeathsAlone_CondemnForAWhile()
    {
        _quarantine.Died(Image, runs: 1);
        _quarantine.Died(Image, runs: 1);
        _quarantine.Holds(Image).ShouldBeTrue();
        _quarantine.Holds([4, 5, 6]).ShouldBeFalse();

        _time.Advance(TimeSpan.FromMinutes(5));
        _quarantine.Holds(Image).ShouldBeFalse();
    }

    [Fact]
    public void DeathsInCompany_CondemnOnlyOnceTheyAddUp()
    {
        for (var deaths = 1; deaths <= 10; deaths++)
        {
            _quarantine.Holds(Image).ShouldBeFalse($"after {deaths - 1} deaths of pods with ten images each");
            _quarantine.Died(Image, runs: 10);
        }
        _quarantine.Died(Image, runs: 10);
        _quarantine.Holds(Image).ShouldBeTrue();
    }

    [Fact]
    public void FinishedRun_ClearsTheImage()
    {
        _quarantine.Died(Image, runs: 1);
        _quarantine.Survived(Image);
        _quarantine.Died(Image, runs: 1);
        _quarantine.Holds(Image).ShouldBeFalse();
    }
}
