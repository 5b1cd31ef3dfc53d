using System.Threading.RateLimiting;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>What every client has left: places for simultaneous requests, and tokens. Idle clients are forgotten.</summary>
internal sealed class ClientLimits : IDisposable
{
    public ClientLimits(TimeProvider clock, SharedBuckets? shared = null)
    {
        Places = PartitionedRateLimiter.Create<Client, (string, int)>(PlacesOf);
        Tokens = PartitionedRateLimiter.Create<Client, Client>(client => RateLimitPartition.Get(client, Bucket));
        ReadTokens = PartitionedRateLimiter.Create<Client, Client>(client => RateLimitPartition.Get(client, reader => new TokenBucket(reader.Plan, clock)));

        RateLimiter Bucket(Client client)
        {
            var local = new TokenBucket(client.Plan, clock);
            return shared is null ? local : new RedisTokenBucket(client, shared, local);
        }
    }

    public PartitionedRateLimiter<Client> Places { get; }

    public PartitionedRateLimiter<Client> Tokens { get; }

    /// <summary>Never in Redis: a read must not cost more than it gives.</summary>
    public PartitionedRateLimiter<Client> ReadTokens { get; }

    public void Dispose()
    {
        ReadTokens.Dispose();
        Places.Dispose();
        Tokens.Dispose();
    }

    private static RateLimitPartition<(string, int)> PlacesOf(Client client) => client.Plan.Concurrency switch
    {
        // One partition for all of them: those without a limiter are never forgotten.
        0 => RateLimitPartition.GetNoLimiter(("", 0)),
        var limit => RateLimitPartition.GetConcurrencyLimiter((client.Id, limit), _ => new() { PermitLimit = limit, QueueLimit = 0 }),
    };
}
