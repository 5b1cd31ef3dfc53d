using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Two random choices, the one of them that should be done first: what it holds and one more, times as long as it takes, so that
/// a pod on a slow node gets what it can do and not what the others get. What it holds is what it reports for all gateways, not
/// only what this one sent: several gateways that each saw only themselves would agree on the wrong pod.
/// Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing" (2001); "shortest expected delay" scheduling of the Linux
/// Virtual Server, with measured speeds.
/// </summary>
internal sealed class ShortestExpectedDelay(Random random, TimeProvider time)
{
    /// <returns>Null when there is no pod.</returns>
    public DestinationState? Pick(string? model, IReadOnlyList<DestinationState> pods)
    {
        var count = pods.Count;
        if (count <= 1) return count == 0 ? null : pods[0];

        var first = random.Next(count);
        var second = (first + 1 + random.Next(count - 1)) % count;
        return IsSooner(Pod.Of(pods[second]), Pod.Of(pods[first]), model) ? pods[second] : pods[first];
    }

    private bool IsSooner(Pod one, Pod other, string? model) => (one.Load(time) + 1) * one.RunTimes.SpeedRatioTo(other.RunTimes, model, time) < other.Load(time) + 1;
}
