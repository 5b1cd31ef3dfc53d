using System.Net;
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

    private static Task<HttpResponseMessage> PostAsync(GatewayApp gateway, string header, string key, int seed = 1)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/remove-background") { Content = Images.Raw(seed) };
        request.Headers.TryAddWithoutValidation(header, key);
        return gateway.Client.SendAsync(request);
    }
}
