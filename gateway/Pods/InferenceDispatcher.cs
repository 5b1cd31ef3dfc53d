using System.Text.Json;
using Rembg.Contract.Problems;
using Rembg.Gateway.Telemetry;
using Yarp.ReverseProxy;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>Gets a cutout from a pod: the one that should be done first, and at most one other when that fails in a way that is not the image's fault.</summary>
internal sealed class InferenceDispatcher(
    IProxyStateLookup proxy, ShortestExpectedDelay balancing, PodClient exchange, RetryBudget budget, Quarantine quarantine, GatewayMetrics metrics, TimeProvider time)
{
    /// <exception cref="ProblemException">
    /// The image is at fault (4xx of the pod, or quarantined), every pod is full or away (503), the pods failed (502) or time ran out (504).
    /// </exception>
    public async Task<Cutout> RunAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        using var activity = GatewayMetrics.Activities.StartActivity("pod call");

        // 1. An image that pods died of is not tried on the others.
        if (quarantine.Holds(request.Sha256)) throw Problem.Quarantined().AsException();

        // 2. The pod that should be done first; one that falls silent is left for another.
        budget.Earn();
        var cluster = proxy.TryGetCluster(PodCluster.Id, out var found) ? found : throw new InvalidOperationException("The cluster is configured at start; this is a bug.");
        var first = Choose(cluster, request, except: null, out var problem) ?? throw problem!.AsException();
        DestinationState? second = null;
        var attempt = await exchange.SendAsync(cluster, first, request, leave: () => (second = Another(cluster, request, first)) is not null, cancellationToken);

        // 3. That other one, once, if it was the pod's fault, time is left, and retries are not the problem already.
        if (attempt.Retry != RetryReason.None && (second ?? Another(cluster, request, first)) is { } other)
        {
            metrics.Retry(JsonNamingPolicy.SnakeCaseLower.ConvertName(attempt.Retry.ToString()));
            activity?.SetTag("retry", attempt.Retry.ToString());
            attempt = await exchange.SendAsync(cluster, other, request, leave: null, cancellationToken);
        }

        // 4. The picture, or whose fault it was that there is none.
        if (attempt.Retry == RetryReason.ConnectionLost && quarantine.Holds(request.Sha256)) throw Problem.Quarantined().AsException();
        return attempt.Cutout ?? throw attempt.Problem!.AsException();
    }

    private DestinationState? Another(ClusterState cluster, InferenceRequest request, DestinationState first) =>
        request.Deadline > time.GetUtcNow() && Choose(cluster, request, except: first, out _) is { } second && budget.TrySpend() ? second : null;

    private DestinationState? Choose(ClusterState cluster, InferenceRequest request, DestinationState? except, out Problem? problem)
    {
        problem = null;
        var able = cluster.DestinationsState.AvailableDestinations
            .Where(destination => destination != except && Pod.Of(destination).Serves(request.Options.Model)).ToArray();
        var free = Array.FindAll(able, destination => !Pod.Of(destination).IsFull(request.Priority, time));
        if (balancing.Pick(request.Options.Model, free) is { } destination) return destination;
        problem = Problem.Overloaded(able.Length == 0 ? "No inference pod is available." : "All inference pods are full.");
        return null;
    }
}
