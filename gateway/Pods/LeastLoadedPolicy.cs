using Yarp.ReverseProxy.LoadBalancing;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Two random choices, the less loaded of them. Load is what the pods report for all gateways, not only what this one
/// sent: several gateways that each saw only themselves would agree on the wrong pod.
/// Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (2001).
/// </summary>
internal sealed class LeastLoadedPolicy(TimeProvider time) : ILoadBalancingPolicy
{
    public const string PolicyName = "LeastLoaded";

    public string Name => PolicyName;

    public DestinationState? PickDestination(HttpContext context, ClusterState cluster, IReadOnlyList<DestinationState> availableDestinations)
    {
        var count = availableDestinations.Count;
        if (count <= 1) return count == 0 ? null : availableDestinations[0];

        var first = Random.Shared.Next(count);
        var second = (first + 1 + Random.Shared.Next(count - 1)) % count;
        var (one, other) = (availableDestinations[first], availableDestinations[second]);
        return Pod.Of(one).Load(time) <= Pod.Of(other).Load(time) ? one : other;
    }
}
