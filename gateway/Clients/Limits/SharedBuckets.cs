using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>The buckets in Redis: one script, one round trip, and an answer within <see cref="ClientOptions.RedisTimeoutMilliseconds"/> or none.</summary>
internal sealed class SharedBuckets(
    IConnectionMultiplexer redis, IOptions<ClientOptions> options, RedisCircuitBreaker outage, LimitMetrics metrics, TimeProvider clock)
{
    private static readonly string Script = ReadScript();

    private readonly TimeSpan _timeout = TimeSpan.FromMilliseconds(options.Value.RedisTimeoutMilliseconds);

    /// <returns>Null when Redis is down, slow or full: the caller must count by itself.</returns>
    public ValueTask<BucketLease?> TryTakeAsync(Client client, int cost, CancellationToken cancellationToken) =>
        AskAsync(client, cost, onCredit: false, cancellationToken);

    /// <summary>Takes tokens that may not be there.</summary>
    /// <returns>False when Redis is down, slow or full: the caller must count by itself.</returns>
    public async ValueTask<bool> TryChargeAsync(Client client, double cost) => await AskAsync(client, cost, onCredit: true, CancellationToken.None) is not null;

    private async ValueTask<BucketLease?> AskAsync(Client client, double cost, bool onCredit, CancellationToken cancellationToken)
    {
        if (outage.AllowRequest(out var isProbe))
        {
            try
            {
                var lease = await TakeAsync(client, cost, onCredit).WaitAsync(_timeout, clock, cancellationToken);
                if (isProbe) outage.End();
                return lease;
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                outage.Begin(exception);
            }
        }
        metrics.FellBack();
        return null;
    }

    private async Task<BucketLease> TakeAsync(Client client, double cost, bool onCredit)
    {
        // The braces keep all that is a client's on one node of a cluster. The library sends the script's hash, and
        // the script itself when a server does not know it (any more).
        var plan = client.Plan;
        var answer = (long[]?)await redis.GetDatabase().ScriptEvaluateAsync(Script,
            [$"rembg:limit:{{{client.Id}}}"], [plan.RatePerSecond, plan.Burst, cost, onCredit]);
        return answer is [var taken, var left, var microseconds]
            ? new(taken == 1, left, TimeSpan.FromMicroseconds(microseconds))
            : throw new RedisException("TokenBucket.lua gave an unexpected answer");
    }

    private static string ReadScript()
    {
        using var stream = typeof(SharedBuckets).Assembly.GetManifestResourceStream("TokenBucket.lua")!;
        return new StreamReader(stream).ReadToEnd();
    }
}
