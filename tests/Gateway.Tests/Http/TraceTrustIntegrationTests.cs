using Rembg.Testing;

namespace Rembg.Gateway.Tests.Http;

public sealed class TraceTrustIntegrationTests
{
    private const string TraceId = "0af7651916cd43dd8448eb211c80319c";

    [Theory]
    [InlineData("10.0.0.0/8", false)]
    [InlineData("127.0.0.1", true)]
    public async Task TraceOfAClient_ReachesThePodsFromTrustedProxiesOnly(string trusted, bool reaches)
    {
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod], $"Edge:TrustedProxies:0={trusted}");

        using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!); // HttpClient has a trace of its own
        await client.SendAsync($"POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100\r\n"
            + $"traceparent: 00-{TraceId}-b7ad6b7169203331-01\r\ntracestate: spy=1\r\nbaggage: who=someone\r\n\r\n", Images.Jpeg(100));
        await client.ReadToEndAsync();

        var headers = pod.Requests.ShouldHaveSingleItem().Headers;
        headers.TraceParent.ToString().Contains(TraceId, StringComparison.Ordinal).ShouldBe(reaches);
        string.Concat(headers.Select(header => header.Value)).Contains("someone", StringComparison.Ordinal).ShouldBe(reaches);
        string.Concat(headers.Select(header => header.Value)).Contains("spy", StringComparison.Ordinal).ShouldBe(reaches);
    }
}
