using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Tests.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Http;

/// <summary>What balancers, browsers, CDNs and download tools expect of any HTTP service (issue 27).</summary>
public sealed class HttpMannersIntegrationTests : OnePodTests
{
    [Theory]
    [InlineData(100, 10, HttpStatusCode.OK)]
    [InlineData(101, 10, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    [InlineData(10, 3000, HttpStatusCode.OK)]
    [InlineData(10, 3700, HttpStatusCode.RequestHeaderFieldsTooLarge)]
    public async Task ManyOrLargeHeaders_AreTakenUpToTheLimitAndThenRefusedWithAReason(int count, int bytes, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/models");
        for (var i = 0; i < count - 1; i++) request.Headers.Add($"X-Filler-{i}", new string('x', bytes)); // Host is one as well

        using var response = await Gateway.Client.SendAsync(request);

        response.StatusCode.ShouldBe(expected);
        if (expected != HttpStatusCode.OK) (await CodeAsync(response)).ShouldBe("headers_too_large");
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/v1.0/account")]
    [InlineData("/openapi/v1.json")]
    [InlineData("/docs/")]
    [InlineData("/")]
    [InlineData("/healthz")]
    [InlineData("/favicon.ico")]
    [InlineData("/robots.txt")]
    public async Task Head_IsAnsweredAsGetWithoutABody(string path)
    {
        using var got = await Gateway.Client.GetAsync(path);
        got.StatusCode.ShouldBe(HttpStatusCode.OK);

        using var head = await Gateway.Client.SendAsync(new(HttpMethod.Head, path));

        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        head.Content.Headers.ContentType.ShouldBe(got.Content.Headers.ContentType);
        (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task HeadOfAPostOnlyAddress_Is405() =>
        (await Gateway.Client.SendAsync(new(HttpMethod.Head, "/v1/remove-background"))).StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);

    [Theory]
    [InlineData("bytes=0-99", 0, 100)]
    [InlineData("bytes=900-", 900, 100)]
    [InlineData("bytes=900-5000", 900, 100)]
    [InlineData("bytes=-10", 990, 10)]
    [InlineData("bytes=-5000", 0, 1000)]
    public async Task RangeOfAResult_IsThatPart(string range, int first, int length)
    {
        var path = await FinishedResultAsync();
        using var whole = await Gateway.Client.GetAsync(path);
        var bytes = await whole.Content.ReadAsByteArrayAsync();
        whole.Headers.AcceptRanges.ShouldBe(["bytes"]);

        using var part = await GetAsync(path, range, whole.Headers.ETag!.ToString());

        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        part.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes {first}-{first + length - 1}/1000");
        (await part.Content.ReadAsByteArrayAsync()).ShouldBe(bytes.AsSpan(first, length).ToArray());
    }

    [Theory]
    [InlineData("bytes=1000-", null, HttpStatusCode.RequestedRangeNotSatisfiable)]
    [InlineData("bytes=-0", null, HttpStatusCode.RequestedRangeNotSatisfiable)]
    [InlineData("bytes=0-1,5-6", null, HttpStatusCode.OK)]
    [InlineData("lines=0-1", null, HttpStatusCode.OK)]
    [InlineData("bytes=0-1", "\"another\"", HttpStatusCode.OK)]
    [InlineData("bytes=x", null, HttpStatusCode.OK)]
    public async Task OtherRange_IsRefusedOrTheWhole(string range, string? ifRange, HttpStatusCode expected)
    {
        using var response = await GetAsync(await FinishedResultAsync(), range, ifRange);
        response.StatusCode.ShouldBe(expected);
        if (expected == HttpStatusCode.OK) (await response.Content.ReadAsByteArrayAsync()).Length.ShouldBe(1000);
    }

    [Fact]
    public async Task CompressedBody_Is415ThatNamesTheEncoding()
    {
        var body = Images.Raw();
        body.Headers.ContentEncoding.Add("gzip");

        using var response = await Gateway.Client.PostAsync("/v1/remove-background", body);

        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        response.Headers.GetValues("Accept-Encoding").ShouldBe(["identity"]);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        json.RootElement.GetProperty("detail").GetString()!.ShouldContain("gzip");
    }

    [Theory]
    [InlineData("image")]
    [InlineData("imageFile")]
    [InlineData("image_file")]
    [InlineData("photo")]
    public async Task FileUnderAnyName_IsTheImage(string name) =>
        (await Gateway.Client.PostAsync("/v1/remove-background", Images.Form(name))).StatusCode.ShouldBe(HttpStatusCode.OK);

    [Theory]
    [InlineData(null, "cross-origin")]
    [InlineData("https://shop.example", "same-origin")]
    public async Task ResourcePolicy_FollowsCors(string? origin, string expected)
    {
        await using var gateway = await GatewayApp.StartAsync([Pod], origin is null ? [] : [$"Edge:CorsOrigins:0={origin}"]);
        (await gateway.CutAsync()).Headers.GetValues("Cross-Origin-Resource-Policy").ShouldBe([expected]);
    }

    [Fact]
    public async Task Health_CanBeSwitchedOff()
    {
        await using var gateway = await GatewayApp.StartAsync([Pod], "Edge:Health=false");
        (await gateway.Client.GetAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task KeepAlive_OutlivesTheBalancersByDefaultAndCanBeSet()
    {
        KeepAliveOf(Gateway).ShouldBe(TimeSpan.FromSeconds(130));
        await using var gateway = await GatewayApp.StartAsync([Pod], "Edge:KeepAliveTimeout=00:10:20");
        KeepAliveOf(gateway).ShouldBe(TimeSpan.FromSeconds(620));
    }

    private static TimeSpan KeepAliveOf(GatewayApp gateway) => gateway.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.KeepAliveTimeout;

    private async Task<string> FinishedResultAsync()
    {
        var id = await Gateway.Client.PostTaskAsync(1);
        (await Gateway.Client.EndOfAsync(id)).Status.ShouldBe("succeeded");
        return $"/v1/tasks/{id}/result";
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string range, string? ifRange)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Range", range);
        if (ifRange is not null) request.Headers.IfRange = RangeConditionHeaderValue.Parse(ifRange);
        return await Gateway.Client.SendAsync(request);
    }

    private static async Task<string?> CodeAsync(HttpResponseMessage response)
    {
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return json.RootElement.GetProperty("code").GetString();
    }
}
