using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Hybrid;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>
/// Answers made before: in memory, by reference and without a copy, and behind it in Redis where one is configured.
/// HybridCache has Redis alone. Its memory would serialize every answer to know its size, while the client waits; and its
/// way of joining callers is not used, because <see cref="RequestCoalescer{T}"/> also has to keep the upload, tell joined callers
/// from hits, and give the run a deadline.
/// </summary>
internal sealed class CutoutCache(IMemoryCache memory, HybridCache far, IOptions<CacheOptions> options, GatewayMetrics metrics, IDistributedCache? redis = null)
{
    /// <summary>Writes to Redis that may wait at a time; more are not worth their memory.</summary>
    private const int MaxWrites = 8;

    private int _writes;
    private readonly HybridCacheEntryOptions _find = new() { Flags = HybridCacheEntryFlags.DisableUnderlyingData | HybridCacheEntryFlags.DisableLocalCache };
    private readonly HybridCacheEntryOptions _store = new() { Flags = HybridCacheEntryFlags.DisableLocalCache, Expiration = options.Value.Lifetime };

    public async ValueTask<Cutout?> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (FindInMemory(key) is { } near)
        {
            metrics.Cache("hit", "memory");
            return near;
        }
        metrics.Cache("miss", "memory");
        if (redis is null) return null;

        var found = await far.GetOrCreateAsync(key, _ => ValueTask.FromResult<Cutout?>(null), _find, cancellationToken: cancellationToken);
        metrics.Cache(found is null ? "miss" : "hit", "redis");
        if (found is not null) StoreInMemory(key, found);
        return found;
    }

    public Cutout? FindInMemory(string key) => memory.Get<Cutout>(key)?.TryShare();

    /// <summary>Keeps an answer; nobody waits for Redis.</summary>
    public void Store(string key, Cutout cutout)
    {
        if (cutout.Content.Length > options.Value.MaxEntryBytes) return;
        StoreInMemory(key, cutout);
        if (redis is not null) _ = WriteBehindAsync(key, cutout.Share());
    }

    private void StoreInMemory(string key, Cutout cutout)
    {
        var entry = new MemoryCacheEntryOptions { Size = cutout.Content.Length, AbsoluteExpirationRelativeToNow = options.Value.Lifetime };
        entry.RegisterPostEvictionCallback((_, kept, _, _) => ((Cutout)kept!).Dispose()); // called too when there is no room for it
        memory.Set(key, cutout.Keep(), entry);
    }

    private async Task WriteBehindAsync(string key, Cutout cutout)
    {
        using var own = cutout;
        await Task.Yield(); // the client does not wait until megabytes are serialized either
        try
        {
            if (Interlocked.Increment(ref _writes) <= MaxWrites) await far.SetAsync(key, cutout, _store, cancellationToken: CancellationToken.None);
        }
        finally
        {
            Interlocked.Decrement(ref _writes);
        }
    }
}
