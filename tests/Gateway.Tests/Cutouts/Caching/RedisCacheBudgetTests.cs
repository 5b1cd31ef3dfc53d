using Microsoft.Extensions.Options;
using Rembg.Gateway.Cutouts.Caching;
using Rembg.Testing;
using StackExchange.Redis;

namespace Rembg.Gateway.Tests.Cutouts.Caching;

public sealed class RedisCacheBudgetTests : IAsyncLifetime
{
    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task EntriesBeyondTheBudget_TheOldestMakeWay()
    {
        var budget = Open(new() { RedisMaxBytes = 2500 });
        foreach (var key in (string[])["a", "b", "c"]) (await StoreAsync(budget, key)).ShouldBeTrue();

        await Eventually.TrueAsync(async () => (await KeptAsync()).SequenceEqual(["b", "c"]), "the oldest is deleted");
        (await CountedAsync()).ShouldBe(2000);
    }

    [Fact]
    public async Task EntryWrittenAgain_IsCountedOnce()
    {
        var budget = Open(new() { RedisMaxBytes = 2500 });
        for (var i = 0; i < 5; i++) await StoreAsync(budget, "a");
        await StoreAsync(budget, "b");

        (await KeptAsync()).ShouldBe(["a", "b"]);
        (await CountedAsync()).ShouldBe(2000);
    }

    [Fact]
    public async Task EntryLargerThanTheBudget_IsNotStoredAndPushesNothingOut()
    {
        var budget = Open(new() { RedisMaxBytes = 2500 });
        await StoreAsync(budget, "a");

        (await budget.ReserveAsync("large", 3000)).ShouldBeFalse();

        (await CountedAsync()).ShouldBe(1000);
    }

    [Fact]
    public async Task ExpiredEntry_IsNotCountedAnyMore()
    {
        var budget = Open(new() { MaskLifetime = TimeSpan.FromSeconds(1) });
        await StoreAsync(budget, "a");

        await Eventually.TrueAsync(async () =>
        {
            await StoreAsync(budget, "b");
            return await CountedAsync() == 1000;
        }, "it is counted no more");
    }

    private RedisCacheBudget Open(CacheOptions options) => new(_connection, Options.Create(options));

    private async Task<bool> StoreAsync(RedisCacheBudget budget, string key)
    {
        var stored = await budget.ReserveAsync(key, 1000);
        if (stored) await _connection.GetDatabase().StringSetAsync(RedisCacheBudget.Prefix + key, new byte[1000]);
        return stored;
    }

    private async Task<string[]> KeptAsync()
    {
        var database = _connection.GetDatabase();
        var kept = new List<string>();
        foreach (var key in (string[])["a", "b", "c"])
            if (await database.KeyExistsAsync(RedisCacheBudget.Prefix + key)) kept.Add(key);
        return [.. kept];
    }

    private async Task<long> CountedAsync() => (long)await _connection.GetDatabase().StringGetAsync("rembg:{cache}:bytes");
}
