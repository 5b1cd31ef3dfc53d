using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>
/// The pods that answer their probes, as YARP finds them; it reports each change, which wakes waiting requests. An ejected pod
/// is among them: it gets runs when there is no other (<see cref="PodScheduler"/>), so that the last one is never ejected.
/// </summary>
internal sealed class AvailablePods : IAvailableDestinationsPolicy
{
    public const string PolicyName = "AnsweringPods";

    private volatile IReadOnlyList<DestinationState> _all = [], _answering = [];

    public event Action? Changed;

    public string Name => PolicyName;

    public IReadOnlyList<DestinationState> All => _all;

    /// <summary>All but those that a probe has found unhealthy.</summary>
    public IReadOnlyList<DestinationState> Answering => _answering;

    public IReadOnlyList<DestinationState> GetAvailalableDestinations(ClusterConfig config, IReadOnlyList<DestinationState> allDestinations)
    {
        (_all, _answering) = (allDestinations, [.. allDestinations.Where(pod => pod.Health.Active != DestinationHealth.Unhealthy).OrderBy(pod => pod.DestinationId, StringComparer.Ordinal)]);
        Changed?.Invoke();
        return _answering;
    }
}
