using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Clients.Limits;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Clients;

public class LimitIntegrationTests
{
    private static readonly string[] FiveAtOnce = ["Clients:Anonymous:Burst=5", "Clients:Anonymous:RatePerSecond=0.5"];

    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Burst_IsExactAndComesBackOneByOne()
    {
        await using var gateway = await ClientGateway.StartAsync(_clock, FiveAtOnce);

        (await GrantedOfAsync(gateway, 10)).ShouldBe(5);
        _clock.Advance(TimeSpan.FromSeconds(1.9));
        (await GrantedOfAsync(gateway, 3)).ShouldBe(0);
        _clock.Advance(TimeSpan.FromSeconds(0.1));
        (await GrantedOfAsync(gateway, 3)).ShouldBe(1);
        _clock.Advance(TimeSpan.FromDays(1));
        (await GrantedOfAsync(gateway, 10)).ShouldBe(5);
        (await gateway.MetricAsync("rembg_gateway_rate_limited_total{reason=\"rate\"}")).ShouldBe(5 + 3 + 2 + 5);
    }

    [Fact]
    public async Task Answer_SaysWhatIsLeftAndARefusalWhenToComeBack()
    {
        await using var gateway = await ClientGateway.StartAsync(_clock, FiveAtOnce);

        using (var first = await gateway.GetAsync("/work"))
        {
            Header(first, "RateLimit-Policy").ShouldBe("\"requests\";q=5;w=10, \"concurrent\";q=256;qu=\"concurrent-requests\"");
            Header(first, "RateLimit").ShouldBe("\"requests\";r=4;t=2");
        }
        await GrantedOfAsync(gateway, 4);

        using var refused = await gateway.GetAsync("/work");
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        (await refused.Content.ReadAsStringAsync()).ShouldContain("rate_limited");
        Header(refused, "RateLimit").ShouldBe("\"requests\";r=0;t=2");
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(2, 3);
    }

    [Fact]
    public async Task Error_CarriesTheLimitHeadersToo()
    {
        await using var gateway = await ClientGateway.StartAsync(_clock, FiveAtOnce);

        using var answer = await gateway.GetAsync("/broken");

        answer.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        Header(answer, "RateLimit").ShouldBe("\"requests\";r=4;t=2");
    }

    [Fact]
    public async Task EndpointsThatDoNoWork_CostNothing()
    {
        await using var gateway = await ClientGateway.StartAsync(_clock, FiveAtOnce);

        for (var i = 0; i < 10; i++)
        {
            (await gateway.GetAsync("/open")).StatusCode.ShouldBe(HttpStatusCode.OK);
            (await gateway.GetAsync("/own")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        (await GrantedOfAsync(gateway, 10)).ShouldBe(5);
    }

    [Fact]
    public async Task Reads_HaveALimitOfTheirOwnByClient()
    {
        TestKey shop = TestKey.Create("shop"), big = TestKey.Create("big");
        await using var gateway = await ClientGateway.StartAsync(_clock,
            [.. TestKey.Settings(shop, big), "Clients:Reads:Burst=3", "Clients:Reads:RatePerSecond=0.5"]);

        foreach (var path in new[] { "/own", "/v1/tasks/x", "/nothing" }) (await gateway.GetAsync(path, shop.Text)).StatusCode.ShouldNotBe(HttpStatusCode.TooManyRequests);
        foreach (var path in new[] { "/own", "/v1/tasks/x", "/v1/models", "/docs", "/openapi/v1.json", "/" })
        {
            using var refused = await gateway.GetAsync(path, shop.Text);
            refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests, path);
            refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(2, 3);
        }

        (await GrantedOfAsync(gateway, 1, shop.Text)).ShouldBe(1, "work is charged to the plan");
        (await gateway.GetAsync("/own", big.Text)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.GetAsync("/open")).StatusCode.ShouldBe(HttpStatusCode.OK, "nobody known: counted by address");
    }

    [Fact]
    public async Task Results_HoldAPlaceOfThePlan()
    {
        await using var gateway = await ClientGateway.StartAsync("Clients:Anonymous:Concurrency=1");
        var under_way = gateway.GetAsync("/slow");
        await Eventually.TrueAsync(() => gateway.Waiting == 1, "it is under way");

        (await gateway.GetAsync("/v1/tasks/x/result")).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);

        gateway.LetSlowOnesGo();
        await under_way;
        await Eventually.TrueAsync(async () => (await gateway.GetAsync("/v1/tasks/x/result")).StatusCode == HttpStatusCode.NotFound, "there is a place again");
    }

    [Fact]
    public async Task Clients_HaveEachTheirOwnLimit()
    {
        TestKey shop = TestKey.Create("shop"), again = TestKey.Create("shop"), big = TestKey.Create("big", "gold");
        await using var gateway = await ClientGateway.StartAsync(_clock,
            [.. TestKey.Settings(shop, again, big), "Clients:Plans:standard:Burst=2", "Clients:Plans:gold:Burst=4"]);

        (await GrantedOfAsync(gateway, 1, again.Text)).ShouldBe(1);
        (await GrantedOfAsync(gateway, 6, shop.Text)).ShouldBe(1, "two keys of one client share its limit");
        (await GrantedOfAsync(gateway, 6, big.Text)).ShouldBe(4);
    }

    [Fact]
    public async Task Addresses_HaveEachTheirOwnLimit()
    {
        await using var gateway = await ClientGateway.StartAsync(_clock, FiveAtOnce);

        (await GrantedOfAsync(gateway, 6)).ShouldBe(5);
        var neighbour = gateway.CallerFrom(IPAddress.Parse("127.0.0.2"));
        (await ClientGateway.GetAsync(neighbour, "/work")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task TooManyAtOnce_IsRefusedUntilOneIsDone()
    {
        await using var gateway = await ClientGateway.StartAsync("Clients:Anonymous:Concurrency=2");
        var under_way = new[] { gateway.GetAsync("/slow"), gateway.GetAsync("/slow") };
        await Eventually.TrueAsync(() => gateway.Waiting == 2, "both are under way");

        using (var third = await gateway.GetAsync("/work"))
        {
            third.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
            Header(third, "RateLimit-Policy").ShouldBe("\"requests\";q=300;w=3, \"concurrent\";q=2;qu=\"concurrent-requests\"");
            Header(third, "RateLimit").ShouldBe("\"concurrent\";r=0");
            third.Headers.RetryAfter.ShouldNotBeNull();
        }
        (await gateway.MetricAsync("rembg_gateway_rate_limited_total{reason=\"concurrency\"}")).ShouldBe(1);

        gateway.LetSlowOnesGo();
        foreach (var answer in await Task.WhenAll(under_way)) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        await Eventually.TrueAsync(async () => (await gateway.GetAsync("/work")).IsSuccessStatusCode, "there is a place again");
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::/64")]
    public void Address_IsCountedAsTheNetworkThatOneOwnerHas(string address, string source) =>
        Client.Source(IPAddress.Parse(address)).ShouldBe(source);

    [Fact]
    public async Task IdleClient_IsForgotten()
    {
        using var limits = new ClientLimits(_clock);
        var client = AskOnce(limits);

        await Eventually.TrueAsync(() =>
        {
            _clock.Advance(TimeSpan.FromMinutes(1));
            GC.Collect();
            return !client.IsAlive;
        }, "nothing holds the idle client any more");

        [MethodImpl(MethodImplOptions.NoInlining)]
        static WeakReference AskOnce(ClientLimits limits)
        {
            var client = Client.Anonymous(IPAddress.Loopback, new Plan());
            limits.Places.AttemptAcquire(client).Dispose();
            limits.Tokens.AttemptAcquire(client).Dispose();
            return new(client);
        }
    }

    private static async Task<int> GrantedOfAsync(ClientGateway gateway, int requests, string? key = null)
    {
        var granted = 0;
        for (var i = 0; i < requests; i++)
        {
            using var answer = await gateway.GetAsync("/work", key);
            if (answer.IsSuccessStatusCode) granted++;
            else answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        }
        return granted;
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).ShouldHaveSingleItem();
}
