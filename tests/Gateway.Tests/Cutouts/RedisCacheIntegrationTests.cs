using System.Globalization;
using System.Net;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Cutouts;

/// <summary>The cache on a real Redis, well and unwell.</summary>
public sealed class RedisCacheIntegrationTests : IAsyncLifetime
{
    private FakePod _pod = null!;
    private RedisServer _redis = null!;

    public async Task InitializeAsync() => (_pod, _redis) = (await FakePod.StartAsync(), await RedisServer.StartAsync(arguments: ["--maxmemory", "8mb"]));

    public async Task DisposeAsync()
    {
        await _redis.DisposeAsync();
        await _pod.DisposeAsync();
    }

    [Fact]
    public async Task WhatOneGatewayMade_AnotherGives()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        var made = await one.CutAsync();
        await RedisHoldsAsync(1);

        var given = await other.CutAsync();
        given.Cache().ShouldBe("hit");
        given.Headers.ETag.ShouldBe(made.Headers.ETag);
        given.Headers.GetValues("X-Foreground").ShouldBe(["1 2 3 4"]);
        given.Headers.GetValues("X-Frames").ShouldBe(["7"]);
        given.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        (await given.Content.ReadAsByteArrayAsync()).ShouldBe(await made.Content.ReadAsByteArrayAsync());
        (await other.MetricsAsync()).ShouldContain("rembg_gateway_cache_total{result=\"hit\",tier=\"redis\"} 1");
        (await other.CutAsync()).Cache().ShouldBe("hit");
        (await other.MetricsAsync()).ShouldContain("rembg_gateway_cache_total{result=\"hit\",tier=\"memory\"} 1");
    }

    [Fact]
    public async Task Entries_DieByThemselves()
    {
        await using var gateway = await StartAsync("Cache:Lifetime=00:01:00");
        await gateway.CutAsync();
        await RedisHoldsAsync(1);
        var key = await _redis.CommandAsync($"EVAL \"return {Entries}[1]\" 0");
        int.Parse((await _redis.CommandAsync($"TTL {key}"))[1..], null).ShouldBeInRange(1, 60);
    }

    [Fact]
    public async Task RedisStoppedAndBack_RequestsAreServedThroughout()
    {
        await using var gateway = await StartAsync();
        (await gateway.CutAsync(seed: 1)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await _redis.KillAsync();
        for (var seed = 2; seed < 10; seed++) (await gateway.CutAsync(seed)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.CutAsync(seed: 1)).Cache().ShouldBe("hit", "memory is still there");

        await _redis.RestartAsync();
        var next = 100;
        await Eventually.TrueAsync(async () =>
        {
            await gateway.CutAsync(next++);
            return await CountAsync() > 0;
        }, "Redis is used again");
    }

    [Fact]
    public async Task FrozenRedis_SlowsDownOneRequestAndNotEach()
    {
        await using var gateway = await StartAsync("Cache:RedisTimeout=00:00:01", "Cache:RedisBreakDuration=00:10:00");
        await gateway.CutAsync(seed: 1);
        await RedisHoldsAsync(1);
        _redis.Freeze();
        try
        {
            for (var seed = 2; seed < 20; seed++) (await gateway.CutAsync(seed)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await gateway.MetricsAsync()).ShouldContain("rembg_gateway_cache_total{result=\"error\",tier=\"redis\"} 1");
        }
        finally
        {
            _redis.Thaw();
        }
    }

    [Fact]
    public async Task FullRedis_StillServesWhatItHas()
    {
        await using var gateway = await StartAsync("Cache:RedisBreakDuration=00:10:00");
        await using var other = await StartAsync();
        await gateway.CutAsync(seed: 1);
        await RedisHoldsAsync(1);
        await _redis.CommandAsync("CONFIG SET maxmemory 1");

        (await gateway.CutAsync(seed: 2)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Contains("{result=\"error\",tier=\"redis\"}", StringComparison.Ordinal), "the write was refused");
        (await other.CutAsync(seed: 1)).Cache().ShouldBe("hit");
        (await gateway.CutAsync(seed: 3)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.MetricsAsync()).ShouldContain("rembg_gateway_cache_total{result=\"miss\",tier=\"redis\"} 3", Case.Sensitive, "it is still asked");
    }

    [Fact]
    public async Task NoRedisAtTheStart_IsNoObstacle()
    {
        await _redis.KillAsync();
        await using var gateway = await StartAsync();
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.CutAsync()).Cache().ShouldBe("hit");
    }

    private Task<GatewayApp> StartAsync(params string[] settings) =>
        GatewayApp.StartAsync([_pod], ["Cache:RedisTimeout=00:00:10", "Cache:RedisBreakDuration=00:00:00.1", $"ConnectionStrings:Redis={_redis.ConnectionString}", .. settings]);

    private Task RedisHoldsAsync(int entries) =>
        Eventually.TrueAsync(async () => await CountAsync() == entries, $"Redis holds {entries} entries");

    /// <summary>Limits are in Redis, too, for a moment.</summary>
    private const string Entries = "redis.call('keys','rembg:cache:*')";

    private async Task<int> CountAsync() => int.Parse((await _redis.CommandAsync($"EVAL \"return #{Entries}\" 0"))[1..], CultureInfo.InvariantCulture);
}
