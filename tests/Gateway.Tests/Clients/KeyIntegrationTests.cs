using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Rembg.Gateway.Tests.Clients;

public class KeyIntegrationTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task NoKeysConfigured_AnybodyMayAskAndTheLogSaysSo()
    {
        await using var gateway = await ClientGateway.StartAsync();

        (await gateway.Caller.GetStringAsync("/work")).ShouldBe("ip:127.0.0.1");
        gateway.Log.All.Count(line => line.StartsWith("API keys are off", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("0.0.0.0", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("::1", false)]
    public async Task NoKeysConfigured_IsAWarningWhereOthersCanReachIt(string address, bool warns)
    {
        await using var gateway = await ClientGateway.StartAsync($"Service:Address={address}");

        gateway.Log.At(LogLevel.Warning).Any(line => line.StartsWith("API keys are off", StringComparison.Ordinal)).ShouldBe(warns);
    }

    [Theory]
    [InlineData("X-Api-Key", "")]
    [InlineData("x-api-key", "")]
    [InlineData("Authorization", "Bearer ")]
    [InlineData("Authorization", "bearer ")]
    public async Task ValidKey_IsItsClientInEitherHeader(string header, string scheme)
    {
        var key = TestKey.Create("shop-a");
        await using var gateway = await ClientGateway.StartAsync(TestKey.Settings(key));

        using var answer = await gateway.GetAsync("/work", scheme + key.Text, header);

        (await answer.Content.ReadAsStringAsync()).ShouldBe("shop-a");
    }

    [Fact]
    public async Task EveryKindOfBadKey_GetsTheSame401()
    {
        var good = TestKey.Create();
        var revoked = TestKey.Create(revoked: Now.AddDays(-1));
        var expired = TestKey.Create(expires: Now.AddSeconds(-1));
        await using var gateway = await ClientGateway.StartAsync(new FakeTimeProvider(Now), TestKey.Settings(good, revoked, expired));
        (string? Key, string Header)[] attempts =
        [
            (null, "X-Api-Key"), ("", "X-Api-Key"), (revoked.Text, "X-Api-Key"), (expired.Text, "X-Api-Key"), (good.Mistyped, "X-Api-Key"),
            (TestKey.Create().Text, "X-Api-Key"), ("Basic " + good.Text, "Authorization"), (good.Text, "Authorization"), (new string('a', 4000), "X-Api-Key"),
        ];

        var bodies = new HashSet<string>();
        foreach (var (key, header) in attempts)
        {
            using var answer = await gateway.GetAsync("/work", key, header);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, key);
            answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
            var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
            bodies.Add(string.Join('|', body.EnumerateObject().Where(p => p.Name != "requestId")));
        }
        bodies.ShouldHaveSingleItem().ShouldContain("invalid_api_key");
    }

    [Fact]
    public async Task RightIdWithAnotherSecret_IsRefused()
    {
        var key = TestKey.Create();
        var other = TestKey.Create();
        // The stored id is that of `other`, the hash is not: as if somebody knew the id and made up the rest.
        await using var gateway = await ClientGateway.StartAsync(TestKey.Settings(key with { Record = key.Record with { Id = other.Record.Id } }));

        (await gateway.GetAsync("/work", other.Text)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Rotation_BothKeysAreTheClientUntilTheOldOneExpires()
    {
        var clock = new FakeTimeProvider(Now);
        var old = TestKey.Create("shop-a", expires: Now.AddHours(1));
        var fresh = TestKey.Create("shop-a");
        await using var gateway = await ClientGateway.StartAsync(clock, TestKey.Settings(old, fresh));

        foreach (var key in new[] { old, fresh })
        {
            using var answer = await gateway.GetAsync("/work", key.Text);
            (await answer.Content.ReadAsStringAsync()).ShouldBe("shop-a");
        }

        clock.Advance(TimeSpan.FromHours(1));
        (await gateway.GetAsync("/work", old.Text)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await gateway.GetAsync("/work", fresh.Text)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Key_IsNeitherLoggedNorSeenByWhatComesAfter(bool keysOn)
    {
        var key = TestKey.Create();
        await using var gateway = await ClientGateway.StartAsync(keysOn ? TestKey.Settings(key) : []);

        foreach (var (text, header) in new[] { (key.Text, "X-Api-Key"), ("Bearer " + key.Text, "Authorization"), (key.Mistyped, "X-Api-Key") })
        {
            using var answer = await gateway.GetAsync("/headers", text, header);
            (await answer.Content.ReadAsStringAsync()).ShouldNotContain("rbg_");
        }
        gateway.Log.All.ShouldNotContain(line => line.Contains("rbg_", StringComparison.Ordinal));
    }

    [Fact]
    public async Task OpenEndpoint_NeedsNoKey()
    {
        await using var gateway = await ClientGateway.StartAsync(TestKey.Settings(TestKey.Create()));

        (await gateway.Caller.GetStringAsync("/open")).ShouldBe("open");
        (await gateway.GetAsync("/own")).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("Clients:Keys:0:Plan=gold", "gold")]
    [InlineData("Clients:Keys:0:Sha256=12", "sha256")]
    [InlineData("Clients:Keys:0:Client=ip:1.2.3.4", "client")]
    [InlineData("Clients:Plans:standard:Burst=0", "Clients:Plans:standard:Burst")]
    [InlineData("Clients:Anonymous:RatePerSecond=0", "Clients:Anonymous:RatePerSecond")]
    [InlineData("Clients:KeysFile=/nowhere/keys.json", "Clients:KeysFile")]
    public async Task BadConfiguration_StopsTheStartAndNamesTheKey(string setting, string named) =>
        (await Should.ThrowAsync<OptionsValidationException>(ClientGateway.StartAsync([.. TestKey.Settings(TestKey.Create()), setting])))
            .Message.ShouldContain(named);
}
