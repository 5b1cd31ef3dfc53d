using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Pods;

/// <summary>Pods whose answer to <c>GET /v1/models</c> is not what the contract says.</summary>
public sealed class ModelListIntegrationTests : IAsyncLifetime
{
    private const string Digest = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    private FakePod _bad = null!;
    private FakePod _good = null!;

    public async Task InitializeAsync() => (_bad, _good) = (await FakePod.StartAsync(), await FakePod.StartAsync());

    public async Task DisposeAsync()
    {
        await _bad.DisposeAsync();
        await _good.DisposeAsync();
    }

    public static TheoryData<string, string> InvalidLists => new()
    {
        { "application/json", "" },
        { "application/json", "null" },
        { "application/json", "{}" },
        { "application/json", "[null]" },
        { "application/json", """{"pipeline":"1","default":"a","models":[]}""" },
        { "application/json", """{"pipeline":"1","default":"a","models":[null]}""" },
        { "application/json", """{"pipeline":"1","default":"a","models":[{"name":"a"}]}""" },
        { "application/json", """{"pipeline":"1","models":[]}""" },
        { "application/json", List(name: null) },
        { "application/json", List(name: "") },
        { "application/json", List(name: "a b") },
        { "application/json", List(@default: "other") },
        { "application/json", List(digest: "x") },
        { "application/json", List(batches: "[]") },
        { "application/json", List(batches: "[0]") },
        { "application/json", new string('[', 100_000) },
        { "application/json", new string(' ', 1 << 20) + List() },
        { "text/html; charset=nonsense", "<html>It works!</html>" },
    };

    [Theory]
    [MemberData(nameof(InvalidLists))]
    public async Task InvalidList_TakesOutItsPodAndNothingElse(string contentType, string body)
    {
        _bad.ModelsAnswer = Answer(contentType, body);
        await using var gateway = await GatewayApp.StartAsync([_bad, _good]);
        await gateway.MetricIsAsync("""rembg_gateway_pods{state="invalid"} 1""");

        for (var seed = 0; seed < 5; seed++) (await gateway.CutAsync(seed)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _bad.Requests.ShouldBeEmpty();

        _bad.ModelsAnswer = null;
        await gateway.MetricIsAsync("""rembg_gateway_pods{state="available"} 2""");
    }

    [Fact]
    public async Task OddCharset_IsOfNoAccount()
    {
        _good.ModelsAnswer = Answer("application/json; charset=nonsense", List());
        await using var gateway = await GatewayApp.StartAsync([_good]);
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task OnlyInvalidLists_AreNoPod()
    {
        _bad.ModelsAnswer = Answer("application/json", "{}");
        await using var gateway = await GatewayApp.StartUnreadyAsync([_bad], null);
        await gateway.MetricIsAsync("""rembg_gateway_pods{state="invalid"} 1""");
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task InvalidList_IsLoggedOnce()
    {
        _bad.ModelsAnswer = Answer("application/json", "{}");
        var log = new LogLines();
        await using var gateway = await GatewayApp.StartUnreadyAsync([_bad], builder => builder.Logging.AddProvider(log));
        var polls = 0;
        _bad.ModelsAnswer = context =>
        {
            Interlocked.Increment(ref polls);
            return Answer("application/json", "{}")(context);
        };
        await Eventually.TrueAsync(() => Volatile.Read(ref polls) > 3, "it is asked again and again");
        log.All.Count(line => line.Contains("GET /v1/models is not valid", StringComparison.Ordinal)).ShouldBe(1);
    }

    private static string List(string? name = "a", string @default = "a", string digest = Digest, string batches = "[1]") =>
        $$"""{"pipeline":"1","default":"{{@default}}","models":[{"name":{{(name is null ? "null" : $"\"{name}\"")}},"digest":"{{digest}}","inputWidth":64,"inputHeight":64,"license":"MIT","provider":"cpu","batchSizes":{{batches}}}]}""";

    private static RequestDelegate Answer(string contentType, string body) => context =>
    {
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(body);
    };
}
