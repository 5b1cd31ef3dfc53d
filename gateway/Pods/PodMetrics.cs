using System.Diagnostics.Metrics;
using Rembg.Contract;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>The gateway's figures about its pods.</summary>
internal sealed class PodMetrics
{
    private readonly Meter _meter;
    private readonly Histogram<double> _wait;

    public PodMetrics(IMeterFactory meters, IProxyStateLookup proxy)
    {
        _meter = meters.Create("rembg.gateway");
        _wait = _meter.CreateHistogram<double>("wait_seconds", description: "Seconds that a run waited for its turn at a pod, by priority.");
        _meter.CreateObservableGauge("pods", () => Count(proxy),
            description: "Pods that this gateway knows, by state: available, ejected (a connection to it failed or broke), unhealthy (its probes fail), invalid (its list of models is not valid).");
    }

    /// <param name="waiting">How many wait, by priority.</param>
    public void ObserveWaiting(Func<Priority, int> waiting) =>
        _meter.CreateObservableGauge("waiting", () => Enum.GetValues<Priority>().Select(priority => new Measurement<int>(waiting(priority), Tag(priority))),
            description: "Runs that wait for their turn at a pod, by priority.");

    public void Waited(Priority priority, TimeSpan time) => _wait.Record(time.TotalSeconds, Tag(priority));

    private static KeyValuePair<string, object?> Tag(Priority priority) => new("priority", priority.ToName());

    private static IEnumerable<Measurement<int>> Count(IProxyStateLookup proxy)
    {
        var counts = new Dictionary<string, int> { ["available"] = 0, ["ejected"] = 0, ["unhealthy"] = 0, ["invalid"] = 0 };
        if (proxy.TryGetCluster(PodCluster.Id, out var cluster))
            foreach (var destination in cluster.DestinationsState.AllDestinations) counts[State(destination)]++;
        return counts.Select(count => new Measurement<int>(count.Value, new KeyValuePair<string, object?>("state", count.Key)));
    }

    private static string State(DestinationState destination) =>
        Pod.Of(destination).ModelsError is not null ? "invalid"
        : destination.Health.Active == DestinationHealth.Unhealthy ? "unhealthy"
        : destination.Health.Passive == DestinationHealth.Unhealthy ? "ejected"
        : "available";
}
