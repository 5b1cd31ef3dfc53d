using System.Net;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Monitoring;

/// <summary>
/// Gateways and pods as real processes with the environment that the chart gives them, Redis, light load, some trouble,
/// and a Prometheus that looks at it all. The pod "rembg-inference-idle" never gets a request.
/// </summary>
public sealed class MonitoredPlatform : IAsyncLifetime
{
    public const string BusyPod = "rembg-inference-busy", IdlePod = "rembg-inference-idle";
    public const int Callers = 4;

    private readonly string _models = Directory.CreateTempSubdirectory("rembg-models-").FullName;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<ServiceProcess> _processes = [];
    private RedisServer _redis = null!;
    private Task _load = Task.CompletedTask;

    internal PrometheusServer Prometheus { get; private set; } = null!;
    internal ServiceProcess Gateway { get; private set; } = null!;
    internal ServiceProcess Pod { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        TinyModel.WriteTo(_models);
        _redis = await RedisServer.StartAsync();
        Pod = await StartPodAsync();
        var idle = await StartPodAsync();
        var doomed = await StartPodAsync();
        Gateway = await StartGatewayAsync([Pod, doomed], $"--ConnectionStrings:Redis={_redis.ConnectionString}");
        // Without Redis, so that its limits are its own.
        var strict = await StartGatewayAsync([Pod], "--Clients:Anonymous:RatePerSecond=0.01", "--Clients:Anonymous:Burst=1");
        foreach (var process in _processes) await process.ReadyAsync();

        Prometheus = await PrometheusServer.StartAsync(new Dictionary<string, Uri>
        {
            ["rembg-gateway-a"] = Gateway.ManagementAddress,
            ["rembg-gateway-b"] = strict.ManagementAddress,
            [BusyPod] = Pod.ManagementAddress,
            [IdlePod] = idle.ManagementAddress,
        }, RuleTests.WriteAsync);

        _load = Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => CallAsync(Gateway, _stop.Token)));
        await CauseTroubleAsync(strict, doomed);
    }

    /// <summary>Everything that has a counter of its own happens once.</summary>
    private async Task CauseTroubleAsync(ServiceProcess strict, ServiceProcess doomed)
    {
        // 1. A client over its limit.
        using var http = new HttpClient { BaseAddress = strict.Address };
        await Eventually.TrueAsync(async () => (await PostAsync(http, NewImage())).StatusCode == HttpStatusCode.TooManyRequests, "a limit was met");
        // 2. An answer from the cache.
        using var client = new HttpClient { BaseAddress = Gateway.Address };
        for (var i = 0; i < 2; i++) (await PostAsync(client, Photos.Rocket)).StatusCode.ShouldBe(HttpStatusCode.OK);
        // 3. A task.
        using var upload = new ByteArrayContent(Photos.Astronaut);
        (await client.PostAsync("/v1/tasks", upload)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        // 4. A pod that dies under load.
        await doomed.KillAsync();
        await Eventually.TrueAsync(() => ShowsAsync("rembg_gateway_upstream_retries_total > 0"), "a run was repeated");
        // 5. A Redis that does not answer.
        _redis.Freeze();
        await Eventually.TrueAsync(() => ShowsAsync("rembg_gateway_rate_limit_fallbacks_total > 0"), "a request was counted without Redis");
        _redis.Thaw();
    }

    private async Task<bool> ShowsAsync(string metric) => (await Prometheus.QueryAsync(metric)).Count > 0;

    private static async Task CallAsync(ServiceProcess gateway, CancellationToken stop)
    {
        using var http = new HttpClient { BaseAddress = gateway.Address };
        while (!stop.IsCancellationRequested)
        {
            (await PostAsync(http, NewImage())).Dispose();
            (await http.PostAsync("/v1/remove-background?image_url=http://127.0.0.1/photo.jpg", null, CancellationToken.None)).Dispose(); // refused, and counted
        }
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient http, byte[] image) =>
        await http.PostAsync("/v1/remove-background", new ByteArrayContent(image));

    /// <summary>The rocket with something behind its end, which decoders ignore: no two are equal, so that each needs a run of its own.</summary>
    private static byte[] NewImage() => [.. Photos.Rocket, .. Guid.NewGuid().ToByteArray()];

    private async Task<ServiceProcess> StartPodAsync() =>
        await StartAsync("Rembg.Inference", "inference", $"--Models:Directory={_models}", "--Models:Names=tiny", "--Batching:Sizes:tiny:0=1");

    private async Task<ServiceProcess> StartGatewayAsync(ServiceProcess[] pods, params string[] arguments) =>
        await StartAsync("Rembg.Gateway", "gateway",
        [
            "--Clients:Anonymous:RatePerSecond=10000", "--Clients:Anonymous:Burst=10000", .. arguments,
            .. pods.SelectMany((pod, i) => new[] { $"--Pods:Addresses:{i}=http://127.0.0.1:{pod.Port}", $"--Pods:ManagementAddresses:{i}=http://127.0.0.1:{pod.ManagementPort}" }),
        ]);

    private async Task<ServiceProcess> StartAsync(string project, string name, params string[] arguments)
    {
        var container = (await Chart.RenderAsync("defaults")).One<V1Deployment>(name).Spec.Template.Spec.Containers[0];
        var process = await ServiceProcess.StartAsync(project, arguments, environment: Settings.Environment(container));
        _processes.Add(process);
        return process;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await _load;
        if (Prometheus is not null) await Prometheus.DisposeAsync();
        foreach (var process in _processes) await process.DisposeAsync();
        await _redis.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_models, recursive: true);
    }
}
