using System.Globalization;
using System.Net;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Cutouts;

/// <summary>Masks in a real Redis, well and unwell.</summary>
public sealed class RedisMaskIntegrationTests : IAsyncLifetime
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
    public async Task PhotoThatOneGatewayHasSeen_AnotherDrawsWithoutAModelRun()
    {
        await using var one = await StartAsync();
        await using var other = await StartAsync();
        (await one.CutAsync()).Cache().ShouldBe("miss");
        await RedisHoldsAsync(1);

        (await other.CutAsync()).Cache().ShouldBe("mask");
        _pod.Requests.Last().Mask.ShouldBe(PodScripts.Mask(Images.Jpeg()));
        await other.MetricIsAsync("rembg_gateway_mask_cache_total{result=\"hit\",tier=\"redis\"} 1");
        (await other.CutAsync(query: "?format=webp")).Cache().ShouldBe("mask");
        await other.MetricIsAsync("rembg_gateway_mask_cache_total{result=\"hit\",tier=\"memory\"} 1");
        (await other.CutAsync()).Cache().ShouldBe("hit");
        await other.MetricIsAsync("rembg_gateway_model_runs_saved_total 2");
    }

    [Fact]
    public async Task Redis_HoldsTheMaskAndNoPicture()
    {
        _pod.Always = PodScripts.Cutout(bytes: 100_000);
        await using var gateway = await StartAsync();
        foreach (var format in (string[])["png", "webp", "jpg", "zip"]) (await gateway.CutAsync(query: $"?format={format}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await RedisHoldsAsync(1);

        int.Parse((await _redis.CommandAsync($"HSTRLEN {await KeyAsync()} data"))[1..], CultureInfo.InvariantCulture).ShouldBe(32 + PodScripts.Mask([]).Length);
    }

    [Fact]
    public async Task DamagedMask_IsAMiss()
    {
        await using var one = await StartAsync();
        await one.CutAsync();
        await RedisHoldsAsync(1);
        await _redis.CommandAsync($"HSET {await KeyAsync()} data nonsense-that-is-longer-than-a-checksum-of-32-bytes");

        await using var other = await StartAsync();
        (await other.CutAsync()).Cache().ShouldBe("miss");
        await other.MetricIsAsync("rembg_gateway_mask_cache_total{result=\"error\",tier=\"redis\"} 1");
    }

    [Fact]
    public async Task MaskOfAnotherPhoto_IsAMiss()
    {
        await using var one = await StartAsync();
        await one.CutAsync(seed: 1);
        await RedisHoldsAsync(1);
        var first = await KeyAsync();
        await one.CutAsync(seed: 2);
        await RedisHoldsAsync(2);
        var second = (await KeyAsync(1), await KeyAsync(2)) is var (a, b) && a == first ? b : a;
        await _redis.CommandAsync($"COPY {first} {second} REPLACE");

        await using var other = await StartAsync();
        (await other.CutAsync(seed: 2)).Cache().ShouldBe("miss");
        (await other.CutAsync(seed: 1)).Cache().ShouldBe("mask");
    }

    [Fact]
    public async Task RolledWeights_NeverMeetOldMasks()
    {
        await using var one = await StartAsync();
        await one.CutAsync();
        await RedisHoldsAsync(1);
        _pod.Roll("2");

        await using var other = await StartAsync();
        (await other.CutAsync()).Cache().ShouldBe("miss");
    }

    [Fact]
    public async Task Masks_DieByThemselves()
    {
        await using var gateway = await StartAsync("Cache:MaskLifetime=00:01:00");
        await gateway.CutAsync();
        await RedisHoldsAsync(1);
        int.Parse((await _redis.CommandAsync($"TTL {await KeyAsync()}"))[1..], CultureInfo.InvariantCulture).ShouldBeInRange(1, 60);
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
        _pod.Always = PodScripts.Cutout(version: null); // gives no mask: nothing is being written when Redis stops
        await gateway.CutAsync(seed: 1);
        _redis.Freeze();
        try
        {
            for (var seed = 2; seed < 20; seed++) (await gateway.CutAsync(seed)).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await gateway.MetricsAsync()).ShouldContain("rembg_gateway_mask_cache_total{result=\"error\",tier=\"redis\"} 1");
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
        (await other.CutAsync(seed: 1)).Cache().ShouldBe("mask");
        (await gateway.CutAsync(seed: 3)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.MetricsAsync()).ShouldContain("rembg_gateway_mask_cache_total{result=\"miss\",tier=\"redis\"} 3", Case.Sensitive, "it is still asked");
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

    private Task<string> KeyAsync(int number = 1) => _redis.CommandAsync($"EVAL \"return {Entries}[{number}]\" 0");

    private async Task<int> CountAsync() => int.Parse((await _redis.CommandAsync($"EVAL \"return #{Entries}\" 0"))[1..], CultureInfo.InvariantCulture);
}
