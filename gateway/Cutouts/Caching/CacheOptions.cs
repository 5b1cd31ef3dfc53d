using System.ComponentModel.DataAnnotations;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>How long cutouts and masks are kept, how much of them, and for whom.</summary>
public sealed class CacheOptions
{
    public const string Section = "Cache";

    /// <summary>How long a cutout may be given again.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ErrorMessage = "Cache:Lifetime must be between 1 s and 30 days.")]
    public TimeSpan Lifetime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of cutouts kept in this gateway's memory.</summary>
    [Range(1 << 20, long.MaxValue, ErrorMessage = "Cache:MaxBytes must be at least 1 MiB.")]
    public long MaxBytes { get; set; } = 256 << 20;

    /// <summary>A larger cutout is not kept.</summary>
    [Range(1024, 1 << 30, ErrorMessage = "Cache:MaxEntryBytes must be between 1 KiB and 1 GiB.")]
    public int MaxEntryBytes { get; set; } = 16 << 20;

    /// <summary>How long a mask may be drawn with. One of a model that no pod has any more is never used.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00", ErrorMessage = "Cache:MaskLifetime must be between 1 s and 365 days.")]
    public TimeSpan MaskLifetime { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Bytes of masks kept in this gateway's memory; one has 30 to 200 kB.</summary>
    [Range(1 << 20, long.MaxValue, ErrorMessage = "Cache:MaskMaxBytes must be at least 1 MiB.")]
    public long MaskMaxBytes { get; set; } = 64 << 20;

    /// <summary>Bytes of masks kept in Redis by all gateways; the oldest make way. Cutouts are not kept there. Redis itself must not evict: tasks lie beside them.</summary>
    [Range(1 << 20, long.MaxValue, ErrorMessage = "Cache:RedisMaxBytes must be at least 1 MiB.")]
    public long RedisMaxBytes { get; set; } = 512 << 20;

    /// <summary>
    /// Shared: equal images of different clients are one entry, and the time an answer takes can tell one client that
    /// somebody else had the same file. PerClient: each has its own. By default PerClient where keys are on, else Shared.
    /// </summary>
    public CacheScope? Scope { get; set; }

    /// <summary>How long Redis may take; a request goes on without it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.005", "00:00:10", ErrorMessage = "Cache:RedisTimeout must be between 5 ms and 10 s.")]
    public TimeSpan RedisTimeout { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long the mask cache does not use Redis after it failed or was too slow, so that only one request is slowed down.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00", ErrorMessage = "Cache:RedisBreakDuration must be between 50 ms and 10 min.")]
    public TimeSpan RedisBreakDuration { get; set; } = TimeSpan.FromSeconds(5);
}

public enum CacheScope { Shared, PerClient }
