using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>
/// How many wrong keys an address may try. Counted here and not in Redis: guesses must cost us nothing, and what is
/// remembered is one bucket an address, never a key, until the bucket is full again.
/// </summary>
internal sealed class FailedAuthLimiter(IOptions<ClientOptions> options, TimeProvider clock, LimitMetrics metrics) : IDisposable
{
    private readonly LimiterTable<string, TokenBucket> _left = new(_ => new TokenBucket(options.Value.WrongKeys, clock), clock);

    /// <summary>Counts a wrong key.</summary>
    /// <param name="source">The address it came from.</param>
    /// <param name="wait">When it may try again, if it has tried too often.</param>
    /// <returns>False when the address has tried too often.</returns>
    public bool TryCount(string source, out TimeSpan wait)
    {
        using var lease = _left.AttemptAcquire(source);
        lease.TryGetMetadata(BucketLease.Wait, out wait);
        if (!lease.IsAcquired) metrics.Limited(LimitMetrics.WrongKeys);
        return lease.IsAcquired;
    }

    public void Dispose() => _left.Dispose();
}
