using Microsoft.Extensions.Options;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>
/// What probes teach about a pod: several failures in a row take it out, one success brings it back. A pod that says no
/// (it drains, say) still finishes what it holds; one that says nothing at all may hold its runs for ever.
/// </summary>
internal sealed class ProbePolicy(IDestinationHealthUpdater health, IOptions<PodsOptions> options) : IActiveHealthCheckPolicy
{
    public const string PolicyName = "Probes";

    public string Name => PolicyName;

    public void ProbingCompleted(ClusterState cluster, IReadOnlyList<DestinationProbingResult> probingResults)
    {
        var probes = probingResults.Select(result => (result.Destination, result.Response, Failures: Pod.Of(result.Destination).RecordProbe(result.Response is { IsSuccessStatusCode: true }))).ToArray();
        health.SetActive(cluster, probes.Select(probe => new NewActiveDestinationHealth(probe.Destination, State(probe.Destination, probe.Failures))));

        // Only now, so that the runs which leave it find it out of the choice.
        foreach (var (destination, response, failures) in probes)
            if (response is null && failures >= options.Value.FailedProbes) Pod.Of(destination).MarkUnresponsive();
    }

    private DestinationHealth State(DestinationState destination, int failures) =>
        failures == 0 ? DestinationHealth.Healthy
        : failures < options.Value.FailedProbes ? destination.Health.Active
        : DestinationHealth.Unhealthy;
}
