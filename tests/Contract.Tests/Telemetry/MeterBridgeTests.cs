using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Prometheus;
using Rembg.Contract.Telemetry;

namespace Rembg.Contract.Tests.Telemetry;

public sealed class MeterBridgeTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly MeterBridge _bridge;
    private readonly Meter _meter;

    public MeterBridgeTests()
    {
        var meters = _services.GetRequiredService<IMeterFactory>();
        _bridge = new(meters, _registry);
        _meter = meters.Create("rembg.test");
    }

    public void Dispose()
    {
        _bridge.Dispose();
        _services.Dispose();
    }

    [Fact]
    public async Task EachInstrument_HasItsTypeAndItsSeries()
    {
        var counter = _meter.CreateCounter<long>("things_total", description: "Things.");
        counter.Add(2, new("b", 1), new KeyValuePair<string, object?>("a", "x"));
        counter.Add(1, new("a", "x"), new KeyValuePair<string, object?>("b", 1));
        counter.Add(5);
        _meter.CreateUpDownCounter<int>("level").Add(-3);
        _meter.CreateObservableGauge("now", () => 1.5);
        _meter.CreateObservableCounter("seen_total", () => 7L);
        _meter.CreateHistogram<double>("wait_seconds").Record(0.3);

        var lines = await ScrapeAsync();

        foreach (var line in (string[])
        [
            "# HELP rembg_test_things_total Things.", "# TYPE rembg_test_things_total counter", "rembg_test_things_total{a=\"x\",b=\"1\"} 3", "rembg_test_things_total 5",
            "# TYPE rembg_test_level gauge", "rembg_test_level -3", "# TYPE rembg_test_now gauge", "rembg_test_now 1.5",
            "# TYPE rembg_test_seen_total counter", "rembg_test_seen_total 7",
            "# TYPE rembg_test_wait_seconds histogram", "rembg_test_wait_seconds_count 1", "rembg_test_wait_seconds_bucket{le=\"0.5\"} 1",
        ])
            lines.ShouldContain(line);
    }

    [Fact]
    public async Task CounterAtZero_IsShown()
    {
        _meter.CreateCounter<long>("deaths_total").Add(0, new KeyValuePair<string, object?>("outcome", "dead"));
        (await ScrapeAsync()).ShouldContain("rembg_test_deaths_total{outcome=\"dead\"} 0");
    }

    [Fact]
    public async Task MetersOfOthers_AreNotShown()
    {
        using var foreign = new Meter("rembg.foreign");
        foreign.CreateCounter<long>("things_total").Add(1);
        _services.GetRequiredService<IMeterFactory>().Create("System.Net.Http").CreateCounter<long>("things_total").Add(1);
        (await ScrapeAsync()).ShouldNotContain(line => line.Contains("things_total"));
    }

    private async Task<string[]> ScrapeAsync()
    {
        using var text = new MemoryStream();
        await _registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n');
    }
}
