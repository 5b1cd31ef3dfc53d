using System.Net;
using Microsoft.Extensions.Logging;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Clients;

/// <summary>Limits on a real redis-server, and what happens when it is not what it should be.</summary>
[Trait("Category", "Slow")]
public sealed class RedisLimitIntegrationTests : IAsyncLifetime
{
    private const string Bucket = "rembg:limit:{ip:127.0.0.1}";
    private const string Fallbacks = "rembg_gateway_rate_limit_fallbacks_total";

    private RedisServer _redis = null!;

    public async Task InitializeAsync() => _redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await _redis.DisposeAsync();

    [Fact]
    public async Task HundredCallersOnTwoGateways_GetExactlyTheBurst()
    {
        await using var one = await StartAsync(burst: 60, rate: 0.001);
        await using var two = await StartAsync(burst: 60, rate: 0.001);

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => (i % 2 == 0 ? one : two).GetAsync("/work")));

        answers.Count(answer => answer.StatusCode == HttpStatusCode.OK).ShouldBe(60);
        answers.Count(answer => answer.StatusCode == HttpStatusCode.TooManyRequests).ShouldBe(40);
        answers.Where(answer => !answer.IsSuccessStatusCode).ShouldAllBe(answer => answer.Headers.RetryAfter!.Delta > TimeSpan.FromSeconds(900));
    }

    [Fact]
    public async Task Bucket_FillsByTheClockOfRedisAndExpiresWhenFull()
    {
        await using var gateway = await StartAsync(burst: 2, rate: 0.1);
        (await RemainingAsync(gateway)).ShouldBe(1);
        Number(await _redis.CommandAsync($"PTTL {Bucket}")).ShouldBeInRange(5_000, 10_001);
        (await RemainingAsync(gateway)).ShouldBe(0);
        (await gateway.GetAsync("/work")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        await ShiftClockAsync(seconds: 10);
        (await gateway.GetAsync("/work")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.GetAsync("/work")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task ChargeAfterwards_HoldsAcrossGateways()
    {
        string[] costs = ["Clients:Anonymous:TokensPerMegapixel=100"];
        await using var one = await StartAsync(burst: 10, rate: 0.1, more: costs);
        await using var two = await StartAsync(burst: 10, rate: 0.1, more: costs);
        (await RemainingAsync(one)).ShouldBe(9);

        (await one.GetAsync("/costly")).Dispose();

        using var refused = await two.GetAsync("/work");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.GetValues("RateLimit").ShouldHaveSingleItem().ShouldStartWith("\"requests\";r=0;t="); // 9 - 1 - 12 tokens, and one in 10 s
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(40, 76);
        Number(await _redis.CommandAsync($"PTTL {Bucket}")).ShouldBeInRange(130_000, 140_001);

        await ShiftClockAsync(seconds: 50);
        (await two.GetAsync("/work")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task ClockOfRedisSetBack_DoesNotFreezeTheBucket()
    {
        await using var gateway = await StartAsync(burst: 1, rate: 20);
        (await gateway.GetAsync("/work")).StatusCode.ShouldBe(HttpStatusCode.OK);

        await ShiftClockAsync(seconds: -100_000);

        await Eventually.TrueAsync(async () => (await gateway.GetAsync("/work")).IsSuccessStatusCode, "the bucket fills again");
    }

    [Fact]
    public async Task ScriptsFlushed_TheLimiterDoesNotNotice()
    {
        await using var gateway = await StartAsync(burst: 10, rate: 0.001);
        (await RemainingAsync(gateway)).ShouldBe(9);

        (await _redis.CommandAsync("SCRIPT FLUSH")).ShouldBe("+OK");

        (await RemainingAsync(gateway)).ShouldBe(8);
        (await gateway.MetricAsync(Fallbacks)).ShouldBe(0);
    }

    [Fact]
    public async Task RedisKilledAndRestarted_RequestsAreServedAndTheSharedLimitReturns()
    {
        await using var gateway = await StartAsync(burst: 100_000, rate: 1000);
        await RemainingAsync(gateway);

        await _redis.KillAsync();
        await ServedAsync(gateway);
        (await gateway.MetricAsync(Fallbacks)).ShouldBeGreaterThan(0);

        await _redis.RestartAsync();
        await SharedLimitReturnsAsync(gateway);
        gateway.Log.At(LogLevel.Warning).Count(IsOutage).ShouldBe(1);
    }

    [Fact]
    public async Task RedisFrozen_RequestsAreServedAndTheSharedLimitReturns()
    {
        await using var gateway = await StartAsync(burst: 100_000, rate: 1000, timeoutMilliseconds: 100);
        await RemainingAsync(gateway);

        _redis.Freeze();
        await Eventually.TrueAsync(async () =>
        {
            await ServedAsync(gateway);
            return gateway.Log.At(LogLevel.Warning).Any(IsOutage);
        }, "the gateway says that Redis is gone");
        await ServedAsync(gateway);

        _redis.Thaw();
        await SharedLimitReturnsAsync(gateway);
    }

    [Fact]
    public async Task NoRedisAtStart_RequestsAreLimitedHereUntilItComes()
    {
        await _redis.KillAsync();
        await using var gateway = await StartAsync(burst: 5, rate: 0.001);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.GetAsync("/work")));
        answers.Count(answer => answer.IsSuccessStatusCode).ShouldBe(5);

        await _redis.RestartAsync();
        await SharedLimitReturnsAsync(gateway);
    }

    [Fact]
    public async Task RedisFull_RequestsAreServed()
    {
        await using var gateway = await StartAsync(burst: 100_000, rate: 1000);
        (await _redis.CommandAsync("CONFIG SET maxmemory 1")).ShouldBe("+OK");

        await ServedAsync(gateway);
        (await gateway.MetricAsync(Fallbacks)).ShouldBeGreaterThan(0);

        await _redis.CommandAsync("CONFIG SET maxmemory 0");
        await SharedLimitReturnsAsync(gateway);
    }

    /// <summary>A generous timeout unless it is the matter: a busy test machine is no outage.</summary>
    private Task<ClientGateway> StartAsync(int burst, double rate, int timeoutMilliseconds = 10_000, string[]? more = null) =>
        ClientGateway.StartAsync([.. more ?? [], $"ConnectionStrings:Redis={_redis.ConnectionString}", $"Clients:RedisTimeoutMilliseconds={timeoutMilliseconds}",
            $"Clients:Anonymous:Burst={burst}", FormattableString.Invariant($"Clients:Anonymous:RatePerSecond={rate}")]);

    private static async Task ServedAsync(ClientGateway gateway)
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => gateway.GetAsync("/work")));
        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.OK);
    }

    private Task SharedLimitReturnsAsync(ClientGateway gateway) => Eventually.TrueAsync(async () =>
    {
        (await gateway.GetAsync("/work")).Dispose();
        return gateway.Log.At(LogLevel.Information).Any(line => line.StartsWith("Redis answers again", StringComparison.Ordinal))
            && await _redis.CommandAsync($"EXISTS {Bucket}") == ":1";
    }, "requests are counted in Redis again");

    private static async Task<long> RemainingAsync(ClientGateway gateway)
    {
        using var answer = await gateway.GetAsync("/work");
        var state = answer.Headers.GetValues("RateLimit").Single();
        return Number(state.Split(";r=")[1].Split(';')[0]);
    }

    /// <summary>What the script sees when the clock of Redis jumps: the bucket's time moves the other way.</summary>
    private async Task ShiftClockAsync(int seconds) => await _redis.CommandAsync($"HINCRBYFLOAT {Bucket} at {-seconds * 1_000_000L}");

    private static bool IsOutage(string line) => line.StartsWith("Redis does not answer", StringComparison.Ordinal);

    private static long Number(string text) => long.Parse(text.TrimStart(':'), System.Globalization.CultureInfo.InvariantCulture);
}
