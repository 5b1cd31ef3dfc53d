using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Rembg.Gateway.Pods;
using Rembg.Testing;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Tests;

/// <summary>A real gateway in this process, on free ports, in front of given pods.</summary>
public sealed class GatewayApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayApp(WebApplication app)
    {
        _app = app;
        var ports = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses
            .Select(address => new Uri(address.Replace("[::]", "127.0.0.1", StringComparison.Ordinal))).ToArray();
        Client = new HttpClient { BaseAddress = ports[0] };
        Management = new HttpClient { BaseAddress = ports[1] };
    }

    public HttpClient Client { get; }
    public HttpClient Management { get; }
    public IServiceProvider Services => _app.Services;

    /// <summary>Starts a gateway and waits until it is ready. Settings are <c>Section:Key=value</c>.</summary>
    public static Task<GatewayApp> StartAsync(IEnumerable<FakePod> pods, params string[] settings) => StartAsync(pods, null, settings);

    public static async Task<GatewayApp> StartAsync(IEnumerable<FakePod> pods, Action<WebApplicationBuilder>? configure, params string[] settings)
    {
        var gateway = await StartUnreadyAsync(pods, configure, settings);
        // Ready is a gateway without pods too; tests want to begin when it has met them.
        await Eventually.TrueAsync(() => !gateway.Services.GetRequiredService<ModelCatalog>().IsEmpty && gateway.Services.GetRequiredService<AvailablePods>().Answering.Any(pod => pod.Health.Active == DestinationHealth.Healthy), "the gateway has met its pods");
        return gateway;
    }

    public static async Task<GatewayApp> StartUnreadyAsync(IEnumerable<FakePod> pods, Action<WebApplicationBuilder>? configure, params string[] settings)
    {
        string[] arguments =
        [
            "--Service:Address=127.0.0.1", "--Service:Port=0", "--Service:ManagementPort=0", "--Service:DrainSeconds=1", "--Pods:ProbeEvery=00:00:00.1",
            .. pods.SelectMany((pod, i) => new[] { $"--Pods:Addresses:{i}={pod.Address}", $"--Pods:ManagementAddresses:{i}={pod.Address}" }),
            .. settings.Select(setting => "--" + setting),
        ];
        var app = Program.Build(arguments, builder =>
        {
            builder.Logging.ClearProviders();
            configure?.Invoke(builder);
        });
        await app.StartAsync();
        return new(app);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Management.Dispose();
        await _app.DisposeAsync();
    }
}
