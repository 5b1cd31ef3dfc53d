using System.Net;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Http;

public sealed class CorsIntegrationTests : IAsyncLifetime
{
    private FakePod _pod = null!;

    public async Task InitializeAsync() => _pod = await FakePod.StartAsync();

    public async Task DisposeAsync() => await _pod.DisposeAsync();

    [Fact]
    public async Task Default_IsEveryOriginWithoutCookiesAndPreflightsAreCached()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);

        using var answer = await PreflightAsync(gateway, "https://shop.example");

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        answer.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["*"]);
        answer.Headers.GetValues("Access-Control-Allow-Methods").ShouldBe(["POST"]);
        answer.Headers.GetValues("Access-Control-Allow-Headers").ShouldBe(["x-api-key"]);
        answer.Headers.GetValues("Access-Control-Max-Age").ShouldBe(["7200"]);
        answer.Headers.Contains("Access-Control-Allow-Credentials").ShouldBeFalse();
    }

    [Theory]
    [InlineData("Edge:CorsOrigins:0=https://shop.example", "https://shop.example", "https://shop.example")]
    [InlineData("Edge:CorsOrigins:0=https://shop.example", "https://evil.example", null)]
    [InlineData("Edge:CorsOrigins:0=*", "https://evil.example", "*")]
    [InlineData("Edge:CorsOrigins:0=none", "https://shop.example", null)]
    public async Task Origin_IsAllowedAsConfigured(string setting, string origin, string? allowed)
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], setting);

        using var answer = await PreflightAsync(gateway, origin);

        AllowedOrigin(answer).ShouldBe(allowed);
    }

    [Fact]
    public async Task EveryHeaderOfAnAnswer_CanBeReadByAScript()
    {
        // Of these a browser needs no word from us (fetch, "CORS-safelisted response-header name"), or they are not for scripts.
        string[] others = ["Cache-Control", "Date", "Vary", "X-Content-Type-Options", "Referrer-Policy", "Content-Security-Policy", "Cross-Origin-Resource-Policy", "Transfer-Encoding"];
        await using var gateway = await GatewayApp.StartAsync([_pod]);

        foreach (var path in new[] { "/v1/remove-background", "/v1.0/removebg", "/v1/tasks" })
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(Images.Jpeg(100)), path == "/v1.0/removebg" ? "image_file" : "file", "a.jpg" } };
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = form };
            request.Headers.Add("Origin", "https://shop.example");
            using var answer = await gateway.Client.SendAsync(request);

            answer.IsSuccessStatusCode.ShouldBeTrue(path);
            var exposed = answer.Headers.GetValues("Access-Control-Expose-Headers").Single().Split(',');
            answer.Headers.Select(header => header.Key).Where(name => !name.StartsWith("Access-Control-", StringComparison.Ordinal)).Except(others, StringComparer.OrdinalIgnoreCase)
                .Except(exposed, StringComparer.OrdinalIgnoreCase).ShouldBeEmpty(path);
            exposed.ShouldContain("Idempotent-Replayed");
        }
    }

    [Fact]
    public async Task Refusals_CarryItToo()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], [.. TestKey.Settings(TestKey.Create()), "Clients:Reads:Burst=4", "Clients:Reads:RatePerSecond=0.001", "Clients:WrongKeys:Burst=1"]);
        _pod.Ready = false;

        (string Path, string? Header, HttpStatusCode Status)[] refusals =
        [
            ("/v1/tasks/x", null, HttpStatusCode.Unauthorized),
            ("/v1/tasks/x", "X-Api-Key: wrong", HttpStatusCode.Unauthorized),
            ("/v1/tasks/x", "X-Api-Key: wrong", HttpStatusCode.TooManyRequests),
            ("/nothing", null, HttpStatusCode.NotFound),
            ("/", "X-Request-Id: <>", HttpStatusCode.BadRequest),
            ("/", null, HttpStatusCode.OK), ("/", null, HttpStatusCode.OK), ("/", null, HttpStatusCode.OK), ("/", null, HttpStatusCode.TooManyRequests),
        ];
        foreach (var (path, header, status) in refusals)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Origin", "https://shop.example");
            if (header?.Split(": ") is [var name, var value]) request.Headers.TryAddWithoutValidation(name, value);
            using var answer = await gateway.Client.SendAsync(request);

            answer.StatusCode.ShouldBe(status, path + header);
            AllowedOrigin(answer).ShouldBe("*", $"{status} {path}");
        }
    }

    private static async Task<HttpResponseMessage> PreflightAsync(GatewayApp gateway, string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/v1/remove-background");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");
        request.Headers.Add("Access-Control-Request-Headers", "x-api-key");
        return await gateway.Client.SendAsync(request);
    }

    private static string? AllowedOrigin(HttpResponseMessage answer) =>
        answer.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? values.Single() : null;
}
