namespace Rembg.Testing;

/// <summary>A whole platform on this machine: gateways over inference pods, each a process of its own.</summary>
public sealed class Platform : IAsyncDisposable
{
    private readonly string _models;
    private readonly bool _ownsModels;
    private readonly string _names;
    private readonly string[] _podArguments;
    private readonly string[] _gatewayArguments;
    private readonly Dictionary<string, string>? _podEnvironment;

    private Platform(string models, bool ownsModels, string names, string[] podArguments, string[] gatewayArguments, Dictionary<string, string>? podEnvironment = null) =>
        (_models, _ownsModels, _names, _podArguments, _gatewayArguments, _podEnvironment) = (models, ownsModels, names, podArguments, gatewayArguments, podEnvironment);

    public List<ServiceProcess> Pods { get; } = [];
    public List<ServiceProcess> Gateways { get; } = [];

    /// <summary>A client of the first gateway.</summary>
    public HttpClient Http { get; private set; } = null!;

    /// <summary>Real processes with the real default model.</summary>
    public static Task<Platform> StartWithRealModelAsync(
        string model = "isnet-general-use", string[]? podArguments = null, string[]? gatewayArguments = null, Dictionary<string, string>? podEnvironment = null) =>
        new Platform(RepositoryPaths.PreparedModels, false, model, podArguments ?? [], gatewayArguments ?? [], podEnvironment).StartAsync(1, 1);

    /// <summary>Real processes with a tiny model, for everything that is not about the mask.</summary>
    public static Task<Platform> StartAsync(
        int pods = 1, int gateways = 1, string[]? podArguments = null, string[]? gatewayArguments = null, Dictionary<string, string>? podEnvironment = null)
    {
        var models = Directory.CreateTempSubdirectory("rembg-platform-").FullName;
        TinyModel.WriteTo(models);
        return new Platform(models, true, "tiny", ["--Batching:Sizes:tiny:0=1", .. podArguments ?? []], gatewayArguments ?? [], podEnvironment).StartAsync(pods, gateways);
    }

    /// <summary>Starts one more pod; gateways that are running do not know it.</summary>
    /// <param name="port">A fixed one lets a restarted pod keep its address.</param>
    public async Task<ServiceProcess> StartPodAsync(int port = 0, int managementPort = 0)
    {
        var pod = await ServiceProcess.StartAsync("Rembg.Inference",
            [$"--Models:Directory={_models}", $"--Models:Names={_names}", "--Models:Provider=Cpu", .. _podArguments], port, managementPort, _podEnvironment, nice: true);
        Pods.Add(pod);
        return pod;
    }

    /// <summary>Starts one more gateway over all pods.</summary>
    public async Task<ServiceProcess> StartGatewayAsync(int port = 0, int managementPort = 0)
    {
        var addresses = Pods.SelectMany((pod, i) => new[]
        {
            $"--Pods:Addresses:{i}=http://127.0.0.1:{pod.Port}",
            $"--Pods:ManagementAddresses:{i}=http://127.0.0.1:{pod.ManagementPort}",
        });
        var gateway = await ServiceProcess.StartAsync("Rembg.Gateway", [.. addresses, .. _gatewayArguments], port, managementPort);
        Gateways.Add(gateway);
        return gateway;
    }

    private async Task<Platform> StartAsync(int pods, int gateways)
    {
        try
        {
            for (var i = 0; i < pods; i++) await StartPodAsync();
            await Task.WhenAll(Pods.Select(pod => pod.ReadyAsync()));
            for (var i = 0; i < gateways; i++) await StartGatewayAsync();
            await Task.WhenAll(Gateways.Select(gateway => gateway.ReadyAsync()));
            Http = new HttpClient { BaseAddress = Gateways[0].Address, Timeout = TimeSpan.FromMinutes(3) };
            return this;
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        foreach (var process in Gateways.Concat(Pods)) await process.DisposeAsync();
        if (_ownsModels) Directory.Delete(_models, recursive: true);
    }
}
