using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Images that pods died of. A death is evidence against every image that was in the pod, shared out among them, and a
/// finished run clears its image. An image is refused after a second death once its shares add up to more than one: one
/// that kills alone is stopped at its second pod, while pods that are simply killed under load condemn nobody. Exactly one is what two pods
/// with two runs each leave when both are killed at once: 1 of 195 requests was then 422.
/// </summary>
internal sealed partial class Quarantine : IDisposable
{
    private readonly MemoryCache _suspects;
    private readonly TimeSpan _duration;
    private readonly ILogger<Quarantine> _logger;

    public Quarantine(IOptions<PodsOptions> options, TimeProvider time, ILogger<Quarantine> logger)
    {
        _logger = logger;
        // Bounded: an attacker's images that each kill a pod must not fill the memory too.
        _suspects = new(new MemoryCacheOptions { SizeLimit = 10_000, Clock = new Clock(time) });
        _duration = options.Value.QuarantineFor;
    }

    public bool Holds(byte[] sha256) => _suspects.Get<Suspect>(Key(sha256)) is { IsGuilty: true };

    /// <param name="sha256">An image whose pod died during its run.</param>
    /// <param name="runs">How many runs, this one included, the pod held for this gateway.</param>
    public void Died(byte[] sha256, int runs)
    {
        var before = _suspects.Get<Suspect>(Key(sha256)) ?? new(0, 0);
        var now = new Suspect(before.Deaths + 1, before.Blame + 1.0 / Math.Max(1, runs));
        _suspects.Set(Key(sha256), now, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = _duration, Size = 1 });
        if (now.IsGuilty && !before.IsGuilty) Log.Quarantined(_logger, Key(sha256), _duration, now.Deaths);
    }

    public void Survived(byte[] sha256)
    {
        if (_suspects.Count > 0) _suspects.Remove(Key(sha256));
    }

    public void Dispose() => _suspects.Dispose();

    private static string Key(byte[] sha256) => Convert.ToHexStringLower(sha256);

    private sealed record Suspect(int Deaths, double Blame)
    {
        public bool IsGuilty => Deaths >= 2 && Blame > 1;
    }

    private static partial class Log
    {
        // The hash alone: whoever has the picture can find it by sha256sum.
        [LoggerMessage(Level = LogLevel.Warning, Message = "Image {Sha256} is refused for {Duration}: {Deaths} pods died of it")]
        public static partial void Quarantined(ILogger logger, string sha256, TimeSpan duration, int deaths);
    }

#pragma warning disable CS0618 // MemoryCache has no other way yet to be given a clock
    private sealed class Clock(TimeProvider time) : Microsoft.Extensions.Internal.ISystemClock
    {
        public DateTimeOffset UtcNow => time.GetUtcNow();
    }
#pragma warning restore CS0618
}
