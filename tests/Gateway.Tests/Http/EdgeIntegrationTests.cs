using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Contract.Models;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Http;

public sealed class EdgeIntegrationTests : OnePodTests
{
    [Fact]
    public async Task Models_AreThoseOfThePods()
    {
        var models = await Gateway.Client.GetFromJsonAsync("/v1/models", ModelJson.Default.ModelList);
        models!.Default.ShouldBe("model-a");
        models.Models.Select(model => model.Name).ShouldBe(["model-a", "model-b"]);
    }

    [Theory]
    [InlineData("abc-123_x.Y")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public async Task SaneRequestId_IsKept(string id)
    {
        var response = await Gateway.CutAsync(headers: ("X-Request-Id", id));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("X-Request-Id").ShouldBe([id]);
    }

    [Theory]
    [InlineData("has space")]
    [InlineData("<script>")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    public async Task StrangeRequestId_IsRefusedAndNotRepeated(string id)
    {
        var response = await Gateway.CutAsync(headers: ("X-Request-Id", id));
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        response.Headers.GetValues("X-Request-Id").Single().ShouldNotBe(id);
        (await response.Content.ReadAsStringAsync()).ShouldNotContain(id);
    }

    [Theory]
    [InlineData("GET", "/nothing/here", HttpStatusCode.NotFound, "not_found")]
    [InlineData("GET", "/v1/remove-background", HttpStatusCode.MethodNotAllowed, "method_not_allowed")]
    [InlineData("POST", "/v1/infer", HttpStatusCode.NotFound, "not_found")]
    [InlineData("GET", "/metrics", HttpStatusCode.NotFound, "not_found")]
    [InlineData("GET", "/readyz", HttpStatusCode.NotFound, "not_found")]
    public async Task WhatIsNotServed_IsAProblemWithTheSecurityHeaders(string method, string path, HttpStatusCode status, string code)
    {
        var response = await Gateway.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
        response.StatusCode.ShouldBe(status);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        json.RootElement.GetProperty("code").GetString().ShouldBe(code);
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.GetValues("Content-Security-Policy").Single().ShouldContain("default-src 'none'");
        response.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task Metrics_CountByRouteAndNeverByPath()
    {
        await Gateway.CutAsync();
        await Gateway.CutAsync();
        await Gateway.Client.GetAsync("/secret-4711");
        await Eventually.TrueAsync(async () => (await Gateway.MetricsAsync()).Contains("route=\"none\"", StringComparison.Ordinal), "all are counted");

        var metrics = await Gateway.MetricsAsync();
        metrics.ShouldContain("rembg_gateway_requests_total{code=\"200\",kind=\"cutout\",route=\"/v1/remove-background\"} 2");
        metrics.ShouldContain("rembg_gateway_requests_total{code=\"404\",kind=\"other\",route=\"none\"} 1");
        metrics.ShouldContain("rembg_gateway_request_seconds_bucket{route=\"/v1/remove-background\",le=\"+Inf\"} 2");
        metrics.ShouldContain("rembg_gateway_cache_total{result=\"hit\",tier=\"memory\"} 1");
        metrics.ShouldNotContain("4711");
    }

    [Fact]
    public async Task Readiness_DoesNotDependOnPods()
    {
        Pod.Ready = false;
        await Gateway.MetricIsAsync("""rembg_gateway_pods{state="unhealthy"} 1""");
        (await Gateway.Management.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK, "it answers from the cache, and takes tasks");
        (await Gateway.Management.GetAsync("/livez")).StatusCode.ShouldBe(HttpStatusCode.OK);
        Pod.Ready = true;
        await Gateway.MetricIsAsync("""rembg_gateway_pods{state="available"} 1""");
    }
}
