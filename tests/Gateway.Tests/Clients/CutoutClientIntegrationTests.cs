using System.Globalization;
using System.Net;
using Rembg.Gateway.Tests.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Clients;

/// <summary>Keys and limits on the way of a real cutout.</summary>
public class CutoutClientIntegrationTests
{
    [Theory]
    [InlineData("X-Api-Key", "")]
    [InlineData("Authorization", "Bearer ")]
    public async Task Key_OpensTheWayAndDoesNotReachThePod(string header, string scheme)
    {
        var key = TestKey.Create();
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod], TestKey.Settings(key));

        using var answer = await PostAsync(gateway, header, scheme + key.Text);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("RateLimit").ShouldHaveSingleItem();
        pod.Requests.ShouldHaveSingleItem().Headers.ShouldAllBe(sent => !sent.Value.ToString().Contains("rbg_", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/v1/remove-background")]
    [InlineData("/remove-background")]
    public async Task WithoutKey_NothingIsRun(string path)
    {
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod], TestKey.Settings(TestKey.Create()));

        using var answer = await gateway.Client.PostAsync(path, Images.Raw());

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        pod.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task OverThePlan_NothingIsRunAndHitsCountToo()
    {
        var key = TestKey.Create();
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod],
            [.. TestKey.Settings(key), "Clients:Plans:standard:Burst=2", "Clients:Plans:standard:RatePerSecond=0.001"]);

        HttpStatusCode[] codes = [await CodeAsync(seed: 1), await CodeAsync(seed: 1), await CodeAsync(seed: 2)];

        codes.ShouldBe([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests]);
        pod.Requests.ShouldHaveSingleItem();

        async Task<HttpStatusCode> CodeAsync(int seed)
        {
            using var answer = await PostAsync(gateway, "X-Api-Key", key.Text, seed);
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task PlanWithCosts_ChargesWhatAPodDid()
    {
        await using var pod = await FakePod.StartAsync(); // says 400 x 300 pixels: 3 tokens
        await using var gateway = await GatewayApp.StartAsync([pod], Costly);

        (await LeftAfterAsync(gateway, seed: 1, "?model=model-b")).ShouldBe(99, "the rest is charged after the run");
        (await LeftAfterAsync(gateway, seed: 1, "?model=model-b")).ShouldBe(99 - 4 - 3 - 1, "model-b costs 5");
        (await LeftAfterAsync(gateway, seed: 1, "?model=model-b&format=webp")).ShouldBe(91 - 1, "a hit cost its own token only");
        (await LeftAfterAsync(gateway, seed: 2)).ShouldBe(90 - 3 - 1, "drawn with the kept mask: pixels, but no model");
        (await LeftAfterAsync(gateway, seed: 2)).ShouldBe(86 - 3 - 1, "a model without an entry costs 1");
    }

    [Fact]
    public async Task TooCostlyRequest_IsServedAndTheNextOneWaits()
    {
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod], [.. Costly, "Clients:Anonymous:Burst=3", "Clients:Anonymous:RatePerSecond=0.1"]);

        using var first = await gateway.CutAsync(query: "?model=model-b");
        using var second = await gateway.CutAsync(query: "?model=model-b");

        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        second.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        second.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(40, 91, "3 - 8 tokens, one more in 10 s, and half as long again");
    }

    [Fact]
    public async Task HangingUpDuringTheRun_IsChargedForTheModel()
    {
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod], Costly);
        using var hangUp = new CancellationTokenSource();
        pod.Next.Enqueue(PodScripts.After(new TaskCompletionSource().Task, PodScripts.Cutout()));

        var given = gateway.CutAsync(query: "?model=model-b", cancellationToken: hangUp.Token);
        await Eventually.TrueAsync(() => pod.InFlight == 1, "it runs");
        await hangUp.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(given);

        var before = 99L;
        await Eventually.TrueAsync(async () =>
        {
            var left = await LeftAfterAsync(gateway, seed: 1, "?unknown=1");
            var charged = left == before - 1 - 4;
            before = left;
            return charged;
        }, "five tokens are gone for it");
    }

    [Fact]
    public async Task Task_IsChargedToThePlanOfItsClient()
    {
        var key = TestKey.Create(plan: "gold");
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod], [.. TestKey.Settings(key), "Clients:Plans:gold:TokensPerMegapixel=25", "Clients:Plans:gold:RatePerSecond=0.001"]);
        gateway.Client.DefaultRequestHeaders.Add("X-Api-Key", key.Text);

        (await gateway.Client.EndOfAsync(await gateway.Client.PostTaskAsync())).Status.ShouldBe("succeeded");

        (await LeftAfterAsync(gateway, seed: 1)).ShouldBe(300 - 1 - 3 - 1);
    }

    private static string[] Costly =>
    [
        "Clients:Anonymous:Burst=100", "Clients:Anonymous:RatePerSecond=0.001", "Clients:Anonymous:ModelTokens:model-b=5", "Clients:Anonymous:TokensPerMegapixel=25",
    ];

    private static async Task<long> LeftAfterAsync(GatewayApp gateway, int seed, string query = "")
    {
        using var answer = await gateway.CutAsync(seed, query: query);
        var state = answer.Headers.GetValues("RateLimit").Single();
        return long.Parse(state.Split(";r=")[1].Split(';')[0], CultureInfo.InvariantCulture);
    }

    private static Task<HttpResponseMessage> PostAsync(GatewayApp gateway, string header, string key, int seed = 1)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/remove-background") { Content = Images.Raw(seed) };
        request.Headers.TryAddWithoutValidation(header, key);
        return gateway.Client.SendAsync(request);
    }
}
