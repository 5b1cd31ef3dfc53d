using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Rembg.Contract.Hosting;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Rembg.Gateway.Pods;

public static class PodServices
{
    public static void AddPods(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddOptions<PodsOptions>(PodsOptions.Section);
        var options = builder.ReadOptions<PodsOptions>(PodsOptions.Section);

        services.AddReverseProxy()
            .LoadFromMemory([], [PodCluster.From(options)])
            .ConfigureHttpClient((_, handler) => (handler.ConnectTimeout, handler.ConnectCallback) = (options.ConnectTimeout, PodConnection.OpenAsync));
        services.AddSingleton<LookUp>(Dns.GetHostAddressesAsync);
        services.AddSingleton<IDestinationResolver, PodResolver>();
        services.AddSingleton<IActiveHealthCheckPolicy, ProbePolicy>();
        services.AddSingleton<AvailablePods>().AddSingleton<IAvailableDestinationsPolicy>(provider => provider.GetRequiredService<AvailablePods>());
        services.TryAddSingleton(Random.Shared);
        services.AddSingleton<ShortestExpectedDelay>();
        services.AddSingleton<PodScheduler>();

        services.AddSingleton<Quarantine>();
        services.AddSingleton<RetryBudget>();
        services.AddSingleton<PodClient>();
        services.AddSingleton<InferenceDispatcher>();
        services.AddSingleton<ModelCatalog>();
        services.AddSingleton<PodMetrics>();
        services.AddHostedService<ModelPoller>();

        // YARP tells of every configuration change and probe; its warnings are enough.
        builder.Logging.AddFilter("Yarp", LogLevel.Warning);
        // A probe that fails is a stack trace each time there; rembg_gateway_pods and its alert say it.
        builder.Logging.AddFilter("Yarp.ReverseProxy.Health", LogLevel.Error);
    }

    /// <summary>Loads the cluster and starts its health checks; there are no routes to map.</summary>
    public static void MapPods(this WebApplication app) => app.MapReverseProxy();
}
