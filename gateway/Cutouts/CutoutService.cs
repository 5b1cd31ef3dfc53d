using Microsoft.Extensions.Options;
using Rembg.Contract.Cutouts;
using Rembg.Gateway.Cutouts.Caching;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway.Cutouts;

/// <summary>The one way to a cutout, for requests of every API and for tasks. Knows no HTTP.</summary>
internal sealed class CutoutService(
    ModelCatalog models, CutoutCache cache, RequestCoalescer<Cutout> runs, InferenceDispatcher pods, IOptions<CacheOptions> options, GatewayMetrics metrics)
{
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
        if (request.Cache.HasFlag(CacheUse.Read) && await LookUpAsync(request, caller) is { } kept)
        {
            activity?.SetTag("cache", "hit");
            return new(kept, request.Identity.KeyOf(kept), CacheStatus.Hit);
        }

        // 2. The bytes, where they are elsewhere and only the hash was needed so far.
        using var image = await request.Image.OpenAsync(caller);
        request = request with { Image = image };

        // 3. Being made for somebody else, or from now on for us. What a person waits for never waits for a background
        //    run, and what must not be kept is not shared with what may.
        var run = $"{request.Identity.Value} {request.Priority} {request.Cache.HasFlag(CacheUse.Store)}";
        var (cutout, coalesced) = await runs.RunAsync(run, request.Deadline, ended => RunAsync(request, ended), caller, share: cutout => cutout.Share());
        if (coalesced) metrics.Cache("coalesced", "memory");
        activity?.SetTag("cache", coalesced ? "coalesced" : "miss");
        return new(cutout, request.Identity.KeyOf(cutout), coalesced ? CacheStatus.Coalesced : CacheStatus.Miss);
    }

    private async Task<Cutout> RunAsync(CutoutRequest request, CancellationToken ended)
    {
        using var image = request.Image.Share();

        // 4. Another run may have ended between our look and our start.
        if (request.Cache.HasFlag(CacheUse.Read) && cache.FindInMemory(request.Identity.Candidates) is { } kept) return kept;

        // 5. A pod makes it.
        var cutout = await pods.RunAsync(
            new(image.Bytes, image.Sha256, request.Identity.Options, request.Priority, request.Client, request.Deadline, request.RequestId), ended);

        // 6. Kept for the next, under the version that made it. That may be another than the one known at step 1: pods are being rolled.
        if (request.Cache.HasFlag(CacheUse.Store) && request.Identity.KeyOf(cutout) is { } key) cache.Store(key, cutout);
        return cutout;
    }

    private async ValueTask<Cutout?> LookUpAsync(CutoutRequest request, CancellationToken caller)
    {
        using var activity = GatewayMetrics.Activities.StartActivity("cache");
        return await cache.FindAsync(request.Identity.Candidates, caller);
    }
}
