using System.Text.Json;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Rembg.Gateway.Telemetry;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>Gets a cutout from a pod, and goes to another pod, or waits for one, when that fails in a way that is not the image's fault.</summary>
internal sealed class InferenceDispatcher(PodScheduler scheduler, PodClient client, RetryBudget budget, Quarantine quarantine, GatewayMetrics metrics)
{
    /// <summary>
    /// Pods that may die under one run. An image that was alone in the first two is in quarantine after the second; when others were
    /// in them too, their deaths say little about this image, and it is tried a third time.
    /// </summary>
    private const int MaxDeaths = 3;

    /// <summary>Connections that may break under one run although the pods live on: a network, or an image that trips every pod in its answer.</summary>
    private const int MaxLosses = 5;

    /// <exception cref="ProblemException">
    /// The image is at fault (4xx of the pod, or quarantined), there is no place for it (429, 503), the pods failed (502) or time ran out (504).
    /// </exception>
    public async Task<Cutout> RunAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        if (request.Mask is not null || !scheduler.HasDrawingPods(request.Options.Model)) return await AskAsync(request, cancellationToken);

        // The cores beside a GPU are few: it makes the mask, and a pod that only draws the picture.
        using var made = await AskAsync(request with { MaskAlone = true }, cancellationToken);
        var drawn = await AskAsync(request with { Mask = made.Mask }, cancellationToken);
        return drawn with { Mask = made.Mask, IsRedrawn = false, ServerTiming = PodTiming.Sum(made, drawn) };
    }

    private async Task<Cutout> AskAsync(InferenceRequest request, CancellationToken cancellationToken)
    {
        using var activity = GatewayMetrics.Activities.StartActivity("pod call");

        // 1. An image that pods died of is not tried on the others.
        if (quarantine.Holds(request.Sha256)) throw Problem.Quarantined().AsException();

        budget.Earn();
        var (waited, history) = (TimeSpan.Zero, new History());
        while (true)
        {
            // 2. A place at a pod, in the client's turn.
            using var place = await scheduler.EnterAsync(request, except: history.Last, history.WaitingSince, cancellationToken);
            waited += place.Waited;

            // 3. The pod's answer. One that falls silent is left for another.
            var result = await client.SendAsync(place, request, leave: () => scheduler.HasAnother(request, place.Pod) && budget.TrySpend(), cancellationToken);
            if (result.Cutout is { } cutout) return PodTiming.AddWait(cutout, waited);

            // A pod that was changed between two probes has other masks: it makes its own.
            if (request.Mask is not null && result.Problem?.Code == Problem.InvalidMask().Code)
            {
                request = request with { Mask = null };
                continue;
            }

            // 4. Another one, if it was the pod's fault and retries are not the problem already.
            history.Add(place, result);
            if (!await MayRetryAsync(request, result, history)) throw Failure(request, result).AsException();
            var reason = JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Retry.ToString());
            metrics.Retry(reason);
            activity?.SetTag("retry", reason);
        }
    }

    private async Task<bool> MayRetryAsync(InferenceRequest request, PodResult result, History history) => result.Retry switch
    {
        // Nothing was lost, and the scheduler bounds how often a full or unreachable pod is asked. Tasks are tried once more only: their worker slows down.
        RetryReason.ConnectFailed => true,
        RetryReason.Overloaded => request.Priority == Priority.Interactive || history.Count(RetryReason.Overloaded) == 1,
        // The budget was charged when the pod was left.
        RetryReason.Unresponsive => true,
        // One that is there and well may answer so to each repetition.
        RetryReason.InvalidResponse => history.Count(RetryReason.InvalidResponse) == 1 && scheduler.HasAnother(request, history.Last!) && budget.TrySpend(),
        RetryReason.ConnectionLost => await MayFollowALossAsync(request, history) && budget.TrySpend(),
        _ => false,
    };

    /// <summary>
    /// The first retry goes at once; later ones wait for the word about whether the pods have died. A task has attempts of its own, with
    /// pauses between them: of each, one other pod is part.
    /// </summary>
    private async Task<bool> MayFollowALossAsync(InferenceRequest request, History history) =>
        request.Priority == Priority.Background ? history.Count(RetryReason.ConnectionLost) == 1 && scheduler.HasAnother(request, history.Last!)
        : history.Count(RetryReason.ConnectionLost) == 1
        || (await history.DeathsAsync() < MaxDeaths && history.Count(RetryReason.ConnectionLost) < MaxLosses && !quarantine.Holds(request.Sha256));

    private Problem Failure(InferenceRequest request, PodResult result) =>
        result.Retry == RetryReason.ConnectionLost && quarantine.Holds(request.Sha256) ? Problem.Quarantined() : result.Problem!;

    /// <summary>What happened to one run so far.</summary>
    private sealed class History
    {
        private readonly List<PodResult> _results = [];

        public DestinationState? Last { get; private set; }

        /// <summary>Null when a pod has worked at it since it last waited.</summary>
        public long? WaitingSince { get; private set; }

        public void Add(PodScheduler.Place place, PodResult result)
        {
            Last = place.Pod;
            WaitingSince = result.Retry is RetryReason.Overloaded or RetryReason.ConnectFailed ? place.Since : null;
            _results.Add(result);
        }

        public int Count(RetryReason reason) => _results.Count(result => result.Retry == reason);

        public async Task<int> DeathsAsync() => (await Task.WhenAll(_results.Select(result => result.PodDied))).Count(died => died);
    }
}
