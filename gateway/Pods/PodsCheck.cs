using Microsoft.Extensions.Diagnostics.HealthChecks;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>The gateway is ready when a pod is, and has said which models it has.</summary>
internal sealed class PodsCheck(IProxyStateLookup proxy, ModelCatalog catalog) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var healthy = proxy.TryGetCluster(PodCluster.Id, out var cluster)
            ? cluster.DestinationsState.AllDestinations.Count(destination => destination.Health is { Active: DestinationHealth.Healthy, Passive: not DestinationHealth.Unhealthy })
            : 0;
        return Task.FromResult(healthy > 0 && !catalog.IsEmpty
            ? HealthCheckResult.Healthy($"{healthy} inference pods")
            : HealthCheckResult.Unhealthy("no inference pod is ready"));
    }
}
