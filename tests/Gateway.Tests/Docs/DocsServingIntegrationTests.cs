using System.Net;
using System.Net.Http.Headers;

namespace Rembg.Gateway.Tests.Docs;

public sealed class DocsServingIntegrationTests
{
    [Fact]
    public async Task Document_IsMadeOnceAndNotSentToThoseWhoHaveIt()
    {
        await using var gateway = await GatewayApp.StartUnreadyAsync([], null);

        using var first = await gateway.Client.GetAsync("/openapi/v1.json");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await gateway.Client.SendAsync(again);

        first.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        using var packed = new HttpRequestMessage(HttpMethod.Get, "/openapi/v1.json") { Headers = { AcceptEncoding = { new StringWithQualityHeaderValue("gzip") } } };
        using var third = await gateway.Client.SendAsync(packed);
        third.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
    }

    [Fact]
    public async Task Docs_CanBeSwitchedOff()
    {
        await using var gateway = await GatewayApp.StartUnreadyAsync([], null, "Docs:Enabled=false");

        (await gateway.Client.GetAsync("/openapi/v1.json")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await gateway.Client.GetAsync("/docs")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
