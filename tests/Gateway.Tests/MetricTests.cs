using System.Text.Json;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Telemetry;
using Rembg.Testing;

namespace Rembg.Gateway.Tests;

public class MetricTests
{
    [Fact]
    public async Task CountersThatAlertsNeed_AreThereAtZeroBeforeAnythingHappens()
    {
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod]);

        var metrics = (await gateway.MetricsAsync()).Split('\n');

        foreach (var line in (string[])
        [
            "# TYPE rembg_tasks_total counter", "rembg_tasks_total{outcome=\"dead\"} 0",
            "# TYPE rembg_gateway_upstream_retries_total counter", "rembg_gateway_upstream_retries_total{reason=\"connection_lost\"} 0",
            "# TYPE rembg_gateway_rate_limit_fallbacks_total counter", "rembg_gateway_rate_limit_fallbacks_total 0",
            "# TYPE rembg_tasks_queued gauge", "# TYPE rembg_webhooks_total counter", "rembg_webhooks_total{result=\"dead\"} 0",
            "# TYPE rembg_gateway_model_runs_saved_total counter", "rembg_gateway_model_runs_saved_total 0",
        ])
            metrics.ShouldContain(line);
    }

    [Fact]
    public void RetryReasons_AreThoseOfTheDispatcher() =>
        Enum.GetNames<RetryReason>().Where(name => name != nameof(RetryReason.None)).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)
            .ShouldBe(GatewayMetrics.RetryReasons, ignoreOrder: true);
}
