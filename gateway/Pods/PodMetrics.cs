using System.Diagnostics.Metrics;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>The gateway's figures about its pods.</summary>
internal sealed class PodMetrics
{
    public PodMetrics(IMeterFactory meters, IProxyStateLookup proxy)
    {
        var meter = meters.Create("rembg.gateway");
        meter.CreateObservableGauge("pods", () => Count(proxy),
            description: "Pods that this gateway knows, by state: available, resting (a connection to it failed or broke), away (its probes fail), invalid (its list of models is not valid).");
    }

    private static IEnumerable<Measurement<int>> Count(IProxyStateLookup proxy)
    {
        var counts = new Dictionary<string, int> { ["available"] = 0, ["resting"] = 0, ["away"] = 0, ["invalid"] = 0 };
        if (proxy.TryGetCluster(PodCluster.Id, out var cluster))
            foreach (var destination in cluster.DestinationsState.AllDestinations) counts[State(destination)]++;
        return counts.Select(count => new Measurement<int>(count.Value, new KeyValuePair<string, object?>("state", count.Key)));
    }

    private static string State(DestinationState destination) =>
        Pod.Of(destination).ModelsError is not null ? "invalid"
        : destination.Health.Active == DestinationHealth.Unhealthy ? "away"
        : destination.Health.Passive == DestinationHealth.Unhealthy ? "resting"
        : "available";
}
