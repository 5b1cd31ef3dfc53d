using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>
/// Cutouts made before, in this gateway's memory, by reference and without a copy. They are not in Redis: a picture there would take
/// the room of ten masks, and drawing it anew takes a tenth of a second.
/// </summary>
internal sealed class CutoutCache(IOptions<CacheOptions> options, GatewayMetrics metrics) : IDisposable
{
    // Of its own: a size limit on the cache that all libraries share would make those throw that give no size.
    private readonly MemoryCache _memory = new(new MemoryCacheOptions { SizeLimit = options.Value.MaxBytes });

    public int Count => _memory.Count;

    /// <summary>The first that is there, and counts it.</summary>
    public Cutout? LookUp(IReadOnlyList<CutoutKey> keys)
    {
        var found = Find(keys);
        metrics.Cache(found is null ? "miss" : "hit", "memory");
        return found;
    }

    public Cutout? Find(IReadOnlyList<CutoutKey> keys)
    {
        foreach (var key in keys)
            if (_memory.Get<Cutout>(key)?.TryShare() is { } cutout) return cutout;
        return null;
    }

    public void Store(CutoutKey key, Cutout cutout)
    {
        if (cutout.Content.Length > options.Value.MaxEntryBytes) return;
        var entry = new MemoryCacheEntryOptions { Size = cutout.Content.Length, AbsoluteExpirationRelativeToNow = options.Value.Lifetime };
        entry.RegisterPostEvictionCallback((_, kept, _, _) => ((Cutout)kept!).Dispose()); // called too when there is no room for it
        _memory.Set(key, cutout.Keep(), entry);
    }

    public void Remove(CutoutKey key) => _memory.Remove(key);

    public void Dispose() => _memory.Dispose();
}
