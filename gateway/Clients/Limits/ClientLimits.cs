using System.Threading.RateLimiting;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>What every client has left: places for simultaneous requests, and tokens.</summary>
internal sealed class ClientLimits(TimeProvider clock, SharedBuckets? shared = null) : IDisposable
{
    public LimiterTable<Client> Places { get; } = new(PlacesOf, clock);

    public LimiterTable<Client> Tokens { get; } = new(client =>
    {
        var local = new TokenBucket(client.Plan, clock);
        return shared is null ? local : new RedisTokenBucket(client, shared, local);
    }, clock);

    /// <summary>Never in Redis: a read must not cost more than it gives.</summary>
    public LimiterTable<Client> ReadTokens { get; } = new(reader => new TokenBucket(reader.Plan, clock), clock);

    public void Dispose()
    {
        ReadTokens.Dispose();
        Places.Dispose();
        Tokens.Dispose();
    }

    private static ConcurrencyLimiter PlacesOf(Client client) =>
        new(new() { PermitLimit = client.Plan.Concurrency is 0 ? int.MaxValue : client.Plan.Concurrency, QueueLimit = 0 });
}
