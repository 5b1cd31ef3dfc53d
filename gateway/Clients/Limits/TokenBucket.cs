using System.Threading.RateLimiting;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>
/// Token bucket in memory that fills continuously. The framework's <see cref="TokenBucketRateLimiter"/> fills in steps,
/// on its own clock, and does not say how much is left; this one counts as <c>TokenBucket.lua</c> does.
/// </summary>
internal sealed class TokenBucket(Plan plan, TimeProvider clock) : ClientBucket
{
    private readonly Lock _lock = new();
    private double _tokens = plan.Burst;
    private long _at = clock.GetTimestamp();

    /// <summary>How long it has been full: a full bucket is as good as a new one, so its owner may forget it.</summary>
    public override TimeSpan? IdleDuration
    {
        get
        {
            lock (_lock)
            {
                var idle = clock.GetElapsedTime(_at) - Seconds((plan.Burst - _tokens) / plan.RatePerSecond);
                return idle < TimeSpan.Zero ? null : idle;
            }
        }
    }

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(permitCount, plan.Burst);
        lock (_lock)
        {
            Fill();
            var taken = _tokens >= Math.Max(1, permitCount); // asking for none means asking whether there is one
            if (taken) _tokens -= permitCount;
            var left = Math.Max(0, Math.Floor(_tokens));
            var goal = taken ? left + 1 : Math.Max(1, permitCount);
            return new BucketLease(taken, (long)left, Seconds((goal - _tokens) / plan.RatePerSecond));
        }
    }

    public override ValueTask ChargeAsync(double tokens)
    {
        lock (_lock)
        {
            Fill();
            _tokens -= tokens;
        }
        return ValueTask.CompletedTask;
    }

    protected override ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        ValueTask.FromResult(AttemptAcquireCore(permitCount)); // nobody waits in line for a token

    private void Fill()
    {
        var now = clock.GetTimestamp();
        _tokens = Math.Min(plan.Burst, _tokens + clock.GetElapsedTime(_at, now).TotalSeconds * plan.RatePerSecond);
        _at = now;
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds);
}
