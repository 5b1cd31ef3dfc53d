using System.Threading.RateLimiting;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>What every client has left: places for simultaneous requests, and tokens.</summary>
internal sealed class ClientLimits(TimeProvider clock, SharedBuckets? shared = null) : IDisposable
{
    public LimiterTable<Client, ConcurrencyLimiter> Places { get; } = new(PlacesOf, clock);

    public LimiterTable<Client, ClientBucket> Tokens { get; } = new(client =>
    {
        var local = new TokenBucket(client.Plan, clock);
        return shared is null ? local : new RedisTokenBucket(client, shared, local);
    }, clock);

    /// <summary>Never in Redis: a read must not cost more than it gives.</summary>
    public LimiterTable<Client, TokenBucket> ReadTokens { get; } = new(reader => new TokenBucket(reader.Plan, clock), clock);

    /// <summary>Charges what a request cost a pod beyond the token that it took on arrival.</summary>
    /// <param name="client">Who started the run.</param>
    /// <param name="model">That ran; null when none did.</param>
    /// <param name="pixels">Of the image.</param>
    public ValueTask ChargeAsync(Client client, string? model, long pixels)
    {
        var cost = client.Plan.CostOf(model, pixels);
        return cost > 0 ? Tokens.Ask(client, bucket => bucket.ChargeAsync(cost)) : ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        ReadTokens.Dispose();
        Places.Dispose();
        Tokens.Dispose();
    }

    private static ConcurrencyLimiter PlacesOf(Client client) =>
        new(new() { PermitLimit = client.Plan.Concurrency is 0 ? int.MaxValue : client.Plan.Concurrency, QueueLimit = 0 });
}
