using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>Debian's Prometheus as a child process, with the chart's rules.</summary>
internal sealed class PrometheusServer : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rembg-prometheus-").FullName;
    private readonly HttpClient _http;
    private readonly Process _process;

    /// <param name="targets">Management address of each pod, by the name that its series carry as the label <c>pod</c>.</param>
    /// <param name="rules">Writes <c>rules.yaml</c> into a folder.</param>
    public static async Task<PrometheusServer> StartAsync(IReadOnlyDictionary<string, Uri> targets, Func<string, Task> rules)
    {
        var server = new PrometheusServer();
        await rules(server._folder);
        // Every second instead of every 15, rules too: the tests want the figures soon.
        var path = Path.Combine(server._folder, "rules.yaml");
        await File.WriteAllTextAsync(path, System.Text.RegularExpressions.Regex.Replace(await File.ReadAllTextAsync(path), "interval: .*", "interval: 1s"));
        await File.WriteAllTextAsync(Path.Combine(server._folder, "prometheus.yaml"), $$"""
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: [rules.yaml]
            scrape_configs:
              - job_name: photos
                static_configs:
            {{string.Join('\n', targets.Select(t => $"      - {{targets: ['{t.Value.Authority}'], labels: {{namespace: photos, pod: {t.Key}}}}}"))}}
            """);
        server._process.Start();
        await Testing.Eventually.TrueAsync(server.IsUpAsync, "Prometheus was up");
        return server;
    }

    private PrometheusServer()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var address = $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
        _http = new() { BaseAddress = new Uri($"http://{address}") };
        _process = new()
        {
            StartInfo = new("prometheus",
                ["--config.file=prometheus.yaml", $"--storage.tsdb.path={_folder}/data", $"--web.listen-address={address}", "--log.level=error"])
            { WorkingDirectory = _folder },
        };
    }

    /// <summary>An instant query; labels and value of each element.</summary>
    /// <exception cref="ShouldAssertException">It does not parse or run.</exception>
    public async Task<IReadOnlyList<(IReadOnlyDictionary<string, string> Labels, double Value)>> QueryAsync(string query)
    {
        using var form = new FormUrlEncodedContent([new("query", query)]);
        using var answer = await _http.PostAsync("/api/v1/query", form);
        var json = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{query}: {json["error"]}");
        return [.. json["data"]!["result"]!.AsArray().Select(element => (Labels(element!["metric"]!), Value(element["value"]!)))];
    }

    private static Dictionary<string, string> Labels(JsonNode metric) =>
        metric.AsObject().ToDictionary(label => label.Key, label => label.Value!.GetValue<string>());

    private static double Value(JsonNode value) => value[1]!.GetValue<string>() switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        var number => double.Parse(number, CultureInfo.InvariantCulture),
    };

    private async Task<bool> IsUpAsync()
    {
        _process.HasExited.ShouldBeFalse("Prometheus ended, see its output");
        try
        {
            return (await _http.GetAsync("/-/ready")).IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _http.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
