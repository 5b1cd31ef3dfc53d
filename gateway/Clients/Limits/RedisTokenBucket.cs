using System.Threading.RateLimiting;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>One client's bucket in Redis, exact across gateways; its local twin stands in while Redis does not answer.</summary>
internal sealed class RedisTokenBucket(Client client, SharedBuckets shared, TokenBucket local) : ClientBucket
{
    /// <summary>The local twin's: nothing else here would be lost.</summary>
    public override TimeSpan? IdleDuration => local.IdleDuration;

    public override RateLimiterStatistics? GetStatistics() => null;

    public override async ValueTask ChargeAsync(double tokens)
    {
        if (!await shared.TryChargeAsync(client, tokens)) await local.ChargeAsync(tokens);
    }

    /// <summary>Refuses: Redis only answers to those who wait, by <see cref="RateLimiter.AcquireAsync"/>.</summary>
    protected override RateLimitLease AttemptAcquireCore(int permitCount) => new BucketLease(acquired: false, 0, TimeSpan.Zero);

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken) =>
        await shared.TryTakeAsync(client, permitCount, cancellationToken) ?? local.AttemptAcquire(permitCount);
}
