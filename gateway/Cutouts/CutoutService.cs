using Microsoft.Extensions.Options;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients.Limits;
using Rembg.Gateway.Cutouts.Caching;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway.Cutouts;

/// <summary>The one way to a cutout, for requests of every API and for tasks. Knows no HTTP.</summary>
internal sealed class CutoutService(
    ModelCatalog models, CutoutCache cutouts, MaskCache masks, RequestCoalescer<Cutout> runs, InferenceDispatcher pods, ClientLimits limits, IOptions<CacheOptions> options, GatewayMetrics metrics, TimeProvider time)
{
    /// <summary>Runs of a model, which cutouts of one image share whatever their formats.</summary>
    private readonly RequestCoalescer<Cutout> _modelRuns = new(time);

    /// <summary>Names what is asked for before anything is spent on it. An unknown model is a problem.</summary>
    /// <param name="upload">The image.</param>
    /// <param name="requested">As the client gave them.</param>
    /// <param name="client">Whose cache it is, when <see cref="CacheOptions.Scope"/> keeps them apart.</param>
    public CutoutIdentity Identify(Upload upload, CutoutOptions requested, string? client) =>
        CutoutIdentity.Of(upload.Sha256, models.Find(requested.Model), requested, options.Value.Scope == CacheScope.PerClient ? client ?? "" : null);

    /// <summary>Gets the cutout, or throws the problem. <paramref name="caller"/> may leave at any time without harm to others.</summary>
    public async Task<CutoutAnswer> CutAsync(CutoutRequest request, CancellationToken caller)
    {
        using var activity = GatewayMetrics.Activities.StartActivity("cutout");

        // 1. Made before?
        if (request.Cache.HasFlag(CacheUse.Read) && cutouts.LookUp(request.Identity.Candidates) is { } kept)
        {
            activity?.SetTag("cache", "hit");
            return new(kept, request.Identity.KeyOf(kept), CacheStatus.Hit) { Mask = request.Identity.MaskValue };
        }

        // 2. The bytes, where they are elsewhere and only the hash was needed so far.
        using var image = await request.Image.OpenAsync(caller);
        request = request with { Image = image };

        // 3. Being made for somebody else, or from now on for us.
        var isKept = false;
        var (cutout, coalesced) = await runs.RunAsync(
            RunOf(request, request.Identity.Value), request.Deadline, ended => RunAsync(request, () => isKept = true, ended), caller, share: cutout => cutout.Share());
        if (coalesced) metrics.Cache("coalesced", "memory");
        var status = coalesced ? CacheStatus.Coalesced : isKept ? CacheStatus.Hit : cutout.IsRedrawn ? CacheStatus.Mask : CacheStatus.Miss;
        activity?.SetTag("cache", status.ToName());
        return new(cutout, request.Identity.KeyOf(cutout), status) { Mask = request.Identity.MaskValue };
    }

    /// <summary>What a person waits for never waits for a background run, and what must not be kept is not shared with what may.</summary>
    private static string RunOf(CutoutRequest request, string what) => $"{what} {request.Priority} {request.Cache.HasFlag(CacheUse.Store)}";

    /// <param name="request">What is wanted.</param>
    /// <param name="onKept">Called when nothing had to be made after all.</param>
    /// <param name="ended">Nobody waits any more.</param>
    private async Task<Cutout> RunAsync(CutoutRequest request, Action onKept, CancellationToken ended)
    {
        using var image = request.Image.Share(); // the first caller may leave before the others
        var own = request with { Image = image };

        // 4. Another run may have ended between our look and our start.
        if (request.Cache.HasFlag(CacheUse.Read) && cutouts.Find(request.Identity.Candidates) is { } kept)
        {
            onKept();
            return kept;
        }

        // 5. A pod draws it with the image's mask, if that is kept, or else runs the model.
        var mask = request.Cache.HasFlag(CacheUse.Read) ? await masks.LookUpAsync(request.Identity.MaskCandidates, ended) : null;
        var cutout = (mask is null ? await RunModelAsync(own, ended) : await AskPodAsync(own, mask, ended)) with { Mask = null };
        if (cutout.IsRedrawn) metrics.ModelRunSaved();

        // 6. Kept for the next, under the version that made it. That may be another than the one known at step 1: pods are being rolled.
        if (request.Cache.HasFlag(CacheUse.Store) && request.Identity.KeyOf(cutout) is { } key) cutouts.Store(key, cutout);
        return cutout;
    }

    /// <summary>The first of those who want cutouts of an image gets its own with the model run; the others wait for the mask.</summary>
    private async Task<Cutout> RunModelAsync(CutoutRequest request, CancellationToken ended)
    {
        var (isFirst, started) = (false, time.GetTimestamp());
        Mask? mask = null;
        try
        {
            var (first, _) = await _modelRuns.RunAsync(RunOf(request, request.Identity.MaskValue), request.Deadline, stop =>
            {
                isFirst = true;
                return MakeAsync(request, stop);
            }, ended, share: cutout => cutout.Share());
            if (isFirst) return first;
            mask = first.Mask;
            first.Dispose();
        }
        catch (ProblemException) when (!isFirst)
        {
            // What went wrong may lie in what the first asked of its picture.
        }
        var waited = time.GetElapsedTime(started);
        return PodTiming.AddWait(await AskPodAsync(request, mask, ended), waited);
    }

    private async Task<Cutout> MakeAsync(CutoutRequest request, CancellationToken ended)
    {
        using var image = request.Image.Share(); // the first may leave before the others, too
        var mask = request.Cache.HasFlag(CacheUse.Read) ? masks.Find(request.Identity.MaskCandidates) : null;
        return await AskPodAsync(request with { Image = image }, mask, ended);
    }

    private async Task<Cutout> AskPodAsync(CutoutRequest request, Mask? mask, CancellationToken ended)
    {
        var (identity, image) = (request.Identity, request.Image);
        var run = new InferenceRequest(image.Bytes, image.Sha256, identity.Options, request.Priority, request.Client, request.Deadline, request.RequestId) { Mask = mask };
        var cutout = await RunChargedAsync(run, ended);
        if (request.Cache.HasFlag(CacheUse.Store) && cutout is { IsRedrawn: false, Mask: { } made }) masks.Store(identity.KeyOf(made), made);
        return cutout;
    }

    /// <summary>Charges what the run cost a pod to the client that started it.</summary>
    private async Task<Cutout> RunChargedAsync(InferenceRequest run, CancellationToken ended)
    {
        try
        {
            var cutout = await pods.RunAsync(run, ended);
            await limits.ChargeAsync(run.Client, cutout.IsRedrawn ? null : run.Options.Model, (long)cutout.MaxWidth * cutout.MaxHeight);
            return cutout;
        }
        catch (OperationCanceledException) when (run.Deadline.Left(time) > TimeSpan.Zero)
        {
            // Whoever hangs up before the answer pays for the model all the same: the run may be under way.
            await limits.ChargeAsync(run.Client, run.Mask is null ? run.Options.Model : null, pixels: 0);
            throw;
        }
    }
}
