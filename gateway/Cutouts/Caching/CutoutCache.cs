using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>
/// Answers made before: in memory, by reference and without a copy, and behind it in Redis where one is configured.
/// HybridCache keeps the two tiers; its way of joining callers is not used, because <see cref="SharedRuns{T}"/> also
/// has to keep the upload, tell joined callers from hits, and give the run a deadline.
/// </summary>
internal sealed class CutoutCache(HybridCache cache, IOptions<CacheOptions> options, GatewayMetrics metrics, IDistributedCache? redis = null)
{
    /// <summary>Writes to Redis that may wait at a time; more are not worth their memory.</summary>
    private const int MaxWrites = 8;

    private int _writes;
    private readonly HybridCacheEntryOptions _findInMemory = Entry(options, HybridCacheEntryFlags.DisableUnderlyingData | HybridCacheEntryFlags.DisableDistributedCache);
    private readonly HybridCacheEntryOptions _find = Entry(options, HybridCacheEntryFlags.DisableUnderlyingData);
    private readonly HybridCacheEntryOptions _storeInMemory = Entry(options, HybridCacheEntryFlags.DisableDistributedCache);
    private readonly HybridCacheEntryOptions _storeInRedis = Entry(options, HybridCacheEntryFlags.DisableLocalCache);

    public async ValueTask<Cutout?> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (await FindInMemoryAsync(key, cancellationToken) is { } near)
        {
            metrics.Cache("hit", "memory");
            return near;
        }
        metrics.Cache("miss", "memory");
        if (redis is null) return null;

        var far = await cache.GetOrCreateAsync(key, NoData, _find, cancellationToken: cancellationToken);
        metrics.Cache(far is null ? "miss" : "hit", "redis");
        return far;
    }

    public ValueTask<Cutout?> FindInMemoryAsync(string key, CancellationToken cancellationToken) =>
        cache.GetOrCreateAsync(key, NoData, _findInMemory, cancellationToken: cancellationToken);

    /// <summary>Keeps an answer; nobody waits for Redis.</summary>
    public async Task StoreAsync(string key, Cutout cutout)
    {
        if (cutout.Bytes.Length > options.Value.MaxEntryBytes) return;
        await cache.SetAsync(key, cutout, _storeInMemory, cancellationToken: CancellationToken.None);
        if (redis is not null) _ = WriteBehindAsync(key, cutout);
    }

    private async Task WriteBehindAsync(string key, Cutout cutout)
    {
        try
        {
            if (Interlocked.Increment(ref _writes) <= MaxWrites) await cache.SetAsync(key, cutout, _storeInRedis, cancellationToken: CancellationToken.None);
        }
        finally
        {
            Interlocked.Decrement(ref _writes);
        }
    }

    private static ValueTask<Cutout?> NoData(CancellationToken cancellationToken) => default;

    private static HybridCacheEntryOptions Entry(IOptions<CacheOptions> options, HybridCacheEntryFlags flags) =>
        new() { Expiration = options.Value.Lifetime, LocalCacheExpiration = options.Value.Lifetime, Flags = flags };
}
