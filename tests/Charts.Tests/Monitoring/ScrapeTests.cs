using System.Net;
using System.Text.Json.Nodes;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>A real Prometheus over real services: whatever the chart asks has an answer.</summary>
public sealed class ScrapeTests(MonitoredPlatform platform) : IClassFixture<MonitoredPlatform>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>Names that are promised to everybody who builds on these metrics.</summary>
    private static readonly string[] Contract =
    [
        "rembg_gateway_requests_total", "rembg_gateway_request_seconds", "rembg_gateway_cache_total", "rembg_gateway_rate_limited_total",
        "rembg_gateway_upstream_retries_total", "rembg_tasks_queued", "rembg_tasks_running", "rembg_tasks_total", "rembg_task_age_seconds",
        "rembg_inference_requests_total", "rembg_inference_request_seconds", "rembg_inference_queue_length", "rembg_inference_queue_wait_seconds",
        "rembg_inference_stage_seconds", "rembg_inference_batch_size", "rembg_inference_batch_seconds", "rembg_inference_execution_provider",
    ];

    private PrometheusServer Prometheus => platform.Prometheus;

    [Fact]
    public async Task EachQuery_GivesData()
    {
        var waiting = await Queries.AllAsync();
        waiting.Count.ShouldBeGreaterThan(60);
        foreach (var query in waiting.Where(q => q.IsAbsent)) await Prometheus.QueryAsync(query.Expression); // parses

        waiting = [.. waiting.Where(q => !q.IsAbsent)];
        try
        {
            await Eventually.TrueAsync(async () =>
            {
                var dry = await Task.WhenAll(waiting.Select(async q => (Query: q, Data: await Prometheus.QueryAsync(q.Expression))));
                waiting = [.. dry.Where(q => !q.Data.Any(element => double.IsFinite(element.Value))).Select(q => q.Query)];
                return waiting.Count == 0;
            }, "every query had data", Patience);
        }
        catch (TimeoutException)
        {
            waiting.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task EachMetricName_IsShownByAService()
    {
        var used = (await Queries.AllAsync()).SelectMany(query => Queries.Metrics(query.Expression)).Distinct().ToList();
        used.Count.ShouldBeGreaterThan(15);

        // Each name is there after the next scrape of what made it happen.
        foreach (var name in Contract.Union(used))
            await Eventually.TrueAsync(async () => (await ShownAsync()).Contains(name), $"a service showed {name}", Patience);

        async Task<IEnumerable<string>> ShownAsync() =>
            (await Prometheus.QueryAsync("count by (__name__) ({__name__=~\"rembg_.+\"})")).SelectMany(element => Queries.Metrics(element.Labels["__name__"]));
    }

    [Theory]
    [InlineData("livez")]
    [InlineData("readyz")]
    [InlineData("metrics")]
    public async Task ManagementPath_IsARouteThere(string path)
    {
        var release = await Chart.RenderAsync("production");
        var asked = release.All<V1Deployment>().SelectMany(d => d.Spec.Template.Spec.Containers).SelectMany(c => new[] { c.StartupProbe, c.ReadinessProbe, c.LivenessProbe })
            .Select(p => p.HttpGet.Path).Concat(release.All<PodMonitor>().SelectMany(m => m.Spec.PodMetricsEndpoints).Select(e => e.Path));
        asked.Distinct().Order().ShouldBe(["/livez", "/metrics", "/readyz"]);

        using var http = new HttpClient();
        foreach (var process in (ServiceProcess[])[platform.Gateway, platform.Pod])
        {
            (await http.GetAsync(new Uri(process.ManagementAddress, path))).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await http.GetAsync(new Uri(process.Address, path))).StatusCode.ShouldBe(HttpStatusCode.NotFound, "clients must not see it");
        }
    }

    [Fact]
    public async Task LogLines_AreJsonWithTheTraceOfTheirRequest()
    {
        IEnumerable<string> traces = [];
        await Eventually.TrueAsync(() => (traces = Traces(platform.Gateway.Log)).Any(), "a request was logged with its trace", Patience);
        traces.ShouldAllBe(trace => trace.Length == 32);

        static List<string> Traces(string log) =>
        [
            .. from line in log.Split('\n')
               where line.StartsWith('{')
               from scope in JsonNode.Parse(line)!["Scopes"]!.AsArray().OfType<JsonObject>()
               where scope.ContainsKey("TraceId")
               select scope["TraceId"]!.GetValue<string>(),
        ];
    }

    [Fact]
    public async Task AdapterRules_GiveOneValueForEachPod()
    {
        foreach (var rule in AdapterRules.Of(await Chart.RenderAsync("production")).Rules)
        {
            // Ten seconds instead of a minute, so that the load need not last so long.
            var query = rule.Query($"namespace=\"photos\",pod=~\"{MonitoredPlatform.BusyPod}|{MonitoredPlatform.IdlePod}\"").Replace("[1m]", "[10s]", StringComparison.Ordinal);
            Dictionary<string, double> values = [];
            await Eventually.TrueAsync(async () =>
            {
                values = (await Prometheus.QueryAsync(query)).ToDictionary(element => element.Labels["pod"], element => element.Value);
                return values.GetValueOrDefault(MonitoredPlatform.BusyPod) > 0 && values.ContainsKey(MonitoredPlatform.IdlePod);
            }, $"{rule.Name.As} rose", Patience);

            values.Keys.ShouldBe([MonitoredPlatform.BusyPod, MonitoredPlatform.IdlePod], ignoreOrder: true);
            values[MonitoredPlatform.IdlePod].ShouldBe(0, "no request yet is a value, too");
        }
    }

    [Fact]
    public async Task MeanConcurrency_IsTheNumberOfCallersInThePod()
    {
        var query = Unbounded(AdapterRules.Of(await Chart.RenderAsync("production")).Rules[0].Query($"pod=\"{MonitoredPlatform.BusyPod}\""));
        var held = 0.0;
        // Callers spend nearly all of their time in the pod; the rest is gateway and network.
        await Eventually.TrueAsync(async () => (held = (await Prometheus.QueryAsync(query)).Select(element => element.Value).SingleOrDefault()) > 0.3 * MonitoredPlatform.Callers, "the callers' concurrency was seen", Patience);
        held.ShouldBeLessThan(1.3 * MonitoredPlatform.Callers);
    }

    [Fact]
    public async Task KedaQueries_GiveASingleValue()
    {
        foreach (var query in await Queries.KedaAsync())
        {
            await Eventually.TrueAsync(async () => (await Prometheus.QueryAsync(query.Expression)).Count > 0, $"{query} had data", Patience);
            (await Prometheus.QueryAsync(query.Expression)).Count.ShouldBe(1, query.Expression);
        }
    }

    private static string Unbounded(string query) =>
        System.Text.RegularExpressions.Regex.Replace(query, @"^clamp_max\((.*), [0-9.]+\) or ", "$1 or ").Replace("[1m]", "[10s]", StringComparison.Ordinal);
}
