using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Rembg.Gateway.Tests.Clients;

public class FailedAuthLimiterTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] ThreeGuesses = ["Clients:WrongKeys:Burst=3", "Clients:WrongKeys:RatePerSecond=0.1"];

    private readonly FakeTimeProvider _clock = new(Now);
    private readonly TestKey _key = TestKey.Create();

    [Fact]
    public async Task TooManyGuesses_AreRefusedForAWhile_TheRightKeyNever()
    {
        await using var gateway = await ClientGateway.StartAsync(_clock, [.. TestKey.Settings(_key), .. ThreeGuesses]);

        for (var i = 0; i < 3; i++) (await gateway.GetAsync("/work", TestKey.Create().Text)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        using (var refused = await gateway.GetAsync("/work", TestKey.Create().Text))
        {
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(10));
        }
        (await gateway.GetAsync("/work", _key.Text)).StatusCode.ShouldBe(HttpStatusCode.OK, "the same address, but the right key");
        var neighbour = gateway.CallerFrom(IPAddress.Parse("127.0.0.2"));
        (await ClientGateway.GetAsync(neighbour, "/work", TestKey.Create().Text)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await gateway.MetricAsync("rembg_gateway_rate_limited_total{reason=\"wrong-keys\"}")).ShouldBe(1);

        _clock.Advance(TimeSpan.FromSeconds(10));
        (await gateway.GetAsync("/work", TestKey.Create().Text)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task WrongKeysInALoop_DoNotFillTheLog()
    {
        await using var gateway = await ClientGateway.StartAsync(_clock, [.. TestKey.Settings(_key), .. ThreeGuesses]);
        (await gateway.GetAsync("/work", TestKey.Create().Text)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        var lines = gateway.Log.All.Count();

        for (var i = 0; i < 50; i++) (await gateway.GetAsync("/work", i % 2 == 0 ? TestKey.Create().Text : null)).IsSuccessStatusCode.ShouldBeFalse();

        gateway.Log.All.Count().ShouldBe(lines);
    }

    [Fact]
    public async Task ForgottenOldKeyInALoop_IsNoGuessing()
    {
        var old = TestKey.Create(revoked: Now);
        await using var gateway = await ClientGateway.StartAsync(_clock, [.. TestKey.Settings(_key, old), .. ThreeGuesses]);

        for (var i = 0; i < 10; i++) (await gateway.GetAsync("/work", old.Text)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        (await gateway.GetAsync("/work", _key.Text)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task NoKeyAtAll_IsNoGuessing()
    {
        await using var gateway = await ClientGateway.StartAsync(_clock, [.. TestKey.Settings(_key), .. ThreeGuesses]);

        for (var i = 0; i < 10; i++) (await gateway.GetAsync("/work")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        (await gateway.GetAsync("/work", _key.Text)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
