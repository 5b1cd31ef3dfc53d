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
internal sealed class CutoutCache(HybridCache far, IOptions<CacheOptions> options, GatewayMetrics metrics, IDistributedCache? redis = null) : IDisposable
{
    /// <summary>Writes to Redis that may wait at a time; more are not worth their memory.</summary>
    private const int MaxWrites = 8;

    // Of its own: a size limit on the cache that all libraries share would make those throw that give no size.
    private readonly MemoryCache _memory = new(new MemoryCacheOptions { SizeLimit = options.Value.MaxBytes });
    private int _writes;
    private readonly HybridCacheEntryOptions _find = new() { Flags = HybridCacheEntryFlags.DisableUnderlyingData | HybridCacheEntryFlags.DisableLocalCache };
    private readonly HybridCacheEntryOptions _store = new() { Flags = HybridCacheEntryFlags.DisableLocalCache, Expiration = options.Value.Lifetime };

    /// <summary>Answers in memory.</summary>
    public int Count => _memory.Count;

    /// <summary>The first that is there.</summary>
    public async ValueTask<Cutout?> FindAsync(IReadOnlyList<CutoutKey> keys, CancellationToken cancellationToken)
    {
        if (FindInMemory(keys) is { } near)
        {
            metrics.Cache("hit", "memory");
            return near;
        }
        metrics.Cache("miss", "memory");
        if (redis is null) return null;

        foreach (var key in keys)
        {
            if (await far.GetOrCreateAsync(key.Value, _ => ValueTask.FromResult<Cutout?>(null), _find, cancellationToken: cancellationToken) is not { } found) continue;
            metrics.Cache("hit", "redis");
            StoreInMemory(key, found);
            return found;
        }
        metrics.Cache("miss", "redis");
        return null;
    }

    public Cutout? FindInMemory(IReadOnlyList<CutoutKey> keys)
    {
        foreach (var key in keys)
            if (_memory.Get<Cutout>(key)?.TryShare() is { } cutout) return cutout;
        return null;
    }

    /// <summary>Keeps an answer; nobody waits for Redis.</summary>
    public void Store(CutoutKey key, Cutout cutout)
    {
        if (cutout.Content.Length > options.Value.MaxEntryBytes) return;
        StoreInMemory(key, cutout);
        if (redis is not null) _ = WriteBehindAsync(key, cutout.Share());
    }

    public void Dispose() => _memory.Dispose();

    private void StoreInMemory(CutoutKey key, Cutout cutout)
    {
        var entry = new MemoryCacheEntryOptions { Size = cutout.Content.Length, AbsoluteExpirationRelativeToNow = options.Value.Lifetime };
        entry.RegisterPostEvictionCallback((_, kept, _, _) => ((Cutout)kept!).Dispose()); // called too when there is no room for it
        _memory.Set(key, cutout.Keep(), entry);
    }

    private async Task WriteBehindAsync(CutoutKey key, Cutout cutout)
    {
        using var own = cutout;
        await Task.Yield(); // the client does not wait until megabytes are serialized either
        try
        {
            if (Interlocked.Increment(ref _writes) <= MaxWrites) await far.SetAsync(key.Value, cutout, _store, cancellationToken: CancellationToken.None);
        }
        finally
        {
            Interlocked.Decrement(ref _writes);
        }
    }
}
