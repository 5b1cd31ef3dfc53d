using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>
/// The masks of images seen before: in memory, and behind it in Redis where one is configured. A mask is the expensive thing, a model run,
/// and small; with it every picture of its image can be drawn.
/// </summary>
internal sealed class MaskCache(IOptions<CacheOptions> options, GatewayMetrics metrics, RedisMasks? redis = null) : IDisposable
{
    private readonly MemoryCache _memory = new(new MemoryCacheOptions { SizeLimit = options.Value.MaskMaxBytes });

    /// <summary>The first that is there, and counts it.</summary>
    public async ValueTask<Mask?> LookUpAsync(IReadOnlyList<MaskKey> keys, CancellationToken cancellationToken)
    {
        var found = Find(keys);
        metrics.MaskCache(found is null ? "miss" : "hit", "memory");
        if (found is not null || redis is null) return found;

        foreach (var key in keys)
        {
            if (await redis.FindAsync(key, cancellationToken) is not { } kept) continue;
            metrics.MaskCache("hit", "redis");
            StoreInMemory(key, kept);
            return kept;
        }
        metrics.MaskCache("miss", "redis");
        return null;
    }

    public Mask? Find(IReadOnlyList<MaskKey> keys) => keys.Select(key => _memory.Get<Mask>(key)).FirstOrDefault(mask => mask is not null);

    /// <summary>Keeps a mask; nobody waits for Redis.</summary>
    public void Store(MaskKey key, Mask mask)
    {
        StoreInMemory(key, mask);
        _ = redis?.StoreAsync(key, mask);
    }

    public void RemoveFromMemory(MaskKey key) => _memory.Remove(key);

    public async Task RemoveFromRedisAsync(IReadOnlyList<MaskKey> keys)
    {
        foreach (var key in keys)
            if (redis is not null) await redis.RemoveAsync(key);
    }

    public void Dispose() => _memory.Dispose();

    private void StoreInMemory(MaskKey key, Mask mask) =>
        _memory.Set(key, mask, new MemoryCacheEntryOptions { Size = mask.Content.Length, AbsoluteExpirationRelativeToNow = options.Value.MaskLifetime });
}
