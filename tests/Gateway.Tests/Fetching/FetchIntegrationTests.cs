using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using Rembg.Gateway.Tests.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Fetching;

/// <summary>Images by URL in our own API.</summary>
public sealed class FetchIntegrationTests(FetchingGateway shared) : IClassFixture<FetchingGateway>
{
    private static int _seed = 5000;

    private readonly GatewayApp _gateway = shared.App;
    private readonly OriginServer _origin = shared.Origin;
    private readonly byte[] _photo = Images.Jpeg(seed: Interlocked.Increment(ref _seed));

    private string Url(string path) => $"http://{shared.Host}{path}";

    [Fact]
    public async Task UrlInFormQueryOrJson_IsTheImage()
    {
        _origin.Serve("/photo.jpg", _photo);
        HttpRequestMessage[] requests =
        [
            new(HttpMethod.Post, "/v1/remove-background?format=webp") { Content = new MultipartFormDataContent { { new StringContent(Url("/photo.jpg")), "image_url" } } },
            new(HttpMethod.Post, $"/v1/remove-background?format=webp&image_url={Url("/photo.jpg")}"),
            new(HttpMethod.Post, "/v1/remove-background") { Content = JsonContent.Create(new { image_url = Url("/photo.jpg"), format = "webp", crop = false }) },
            new(HttpMethod.Post, $"/v1/remove-background?format=webp&image_url={Url("/photo.jpg")}") { Content = new MultipartFormDataContent { { new StringContent(Url("/photo.jpg")), "image_url" } } },
        ];
        foreach (var request in requests)
        {
            using var answer = await _gateway.Client.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        }
        var asked = shared.Pod.Requests.Where(asked => asked.Image.SequenceEqual(_photo)).ShouldHaveSingleItem("the others were the same to the cache");
        asked.Query.ShouldBe("?model=model-a&format=webp");
    }

    [Fact]
    public async Task Upload_AndUrlOfTheSamePicture_AreTheSameToTheCache()
    {
        _origin.Serve("/same.jpg", _photo);
        using var uploaded = await _gateway.Client.PostAsync("/v1/remove-background", new ByteArrayContent(_photo));
        using var fetched = await _gateway.CutUrlAsync(Url("/same.jpg"));

        fetched.Cache().ShouldBe("hit");
        fetched.Headers.ETag.ShouldBe(uploaded.Headers.ETag);
    }

    [Fact]
    public async Task Task_IsFetchedWhenItIsAccepted()
    {
        _origin.Serve("/task.jpg", _photo, etag: "\"1\"");
        for (var round = 0; round < 2; round++) // the second time the host says "not modified", and the task needs the bytes
        {
            using var accepted = await _gateway.CutUrlAsync(Url("/task.jpg"), "/v1/tasks");
            accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            (await _gateway.Client.EndOfAsync((await accepted.ReadTaskAsync()).Id)).Status.ShouldBe("succeeded");
        }
        using var refused = await _gateway.CutUrlAsync(Url("/nothing.jpg"), "/v1/tasks");
        (await refused.ReadProblemAsync()).ShouldBe((422, "download_failed", "The host answered with HTTP status 404."));
    }

    [Theory]
    [InlineData(301), InlineData(302), InlineData(303), InlineData(307), InlineData(308)]
    public async Task Redirects_AreFollowed(int status)
    {
        _origin.Serve("/end.jpg", _photo);
        _origin.Redirect("/relative", "/end.jpg", status);
        _origin.Redirect("/absolute", Url("/relative"), status);

        using var answer = await _gateway.CutUrlAsync(Url("/absolute"));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task FormatIsToldByTheFirstBytes_WhateverTheLabel()
    {
        using var zipped = new MemoryStream();
        await using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true)) await gzip.WriteAsync(_photo);
        _origin.Serve("/picture.html", _photo, "text/html");
        _origin.Serve("/page.jpg", "<html>"u8.ToArray());
        _origin.Serve("/empty.jpg", []);
        _origin.Answer("/zipped.jpg", async context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            await context.Response.Body.WriteAsync(zipped.ToArray());
        });

        (await _gateway.CutUrlAsync(Url("/picture.html"))).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await (await _gateway.CutUrlAsync(Url("/page.jpg"))).ReadProblemAsync()).Code.ShouldBe("unsupported_format");
        (await (await _gateway.CutUrlAsync(Url("/zipped.jpg"))).ReadProblemAsync()).Code.ShouldBe("unsupported_format");
        (await (await _gateway.CutUrlAsync(Url("/empty.jpg"))).ReadProblemAsync()).Code.ShouldBe("missing_image");
    }

    [Fact]
    public async Task Host_SeesNothingOfTheClient()
    {
        _origin.Answer("/first", context =>
        {
            (context.Response.StatusCode, context.Response.Headers.Location) = (302, "/second.jpg");
            context.Response.Cookies.Append("session", "1");
            return Task.CompletedTask;
        });
        _origin.Serve("/second.jpg", _photo);
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/remove-background?image_url={Url("/first")}")
        {
            Headers = { { "X-Api-Key", "secret" }, { "Cookie", "a=b" }, { "traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01" }, { "Referer", "http://shop.example" } },
        };

        (await _gateway.Client.SendAsync(request)).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (var (_, headers) in _origin.Requests.Where(asked => asked.Path is "/first" or "/second.jpg"))
            headers.Keys.ShouldBe(["Host", "User-Agent", "Via"], ignoreOrder: true);
    }

    [Fact]
    public async Task UrlBesideAnImage_IsOneTooMany()
    {
        foreach (var form in new[] { Images.Form("file", _photo, ("image_url", Url("/a.jpg"))), new MultipartFormDataContent { { new StringContent(Url("/a.jpg")), "image_url" }, { new StringContent(Url("/b.jpg")), "image_url" } } })
            (await (await _gateway.Client.PostAsync("/v1/remove-background", form)).ReadProblemAsync()).Code.ShouldBe("multiple_images");
        (await _gateway.Client.PostAsync("/v1/remove-background", Images.Form("file", _photo, ("image_url", "")))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task FetchingOff_UrlIsRefusedAndNobodyAsked()
    {
        await using var gateway = await shared.StartAsync("Fetching:Enabled=false");

        var (status, code, detail) = await (await gateway.CutUrlAsync(Url("/off.jpg"))).ReadProblemAsync();

        (status, code).ShouldBe((400, "invalid_parameter"));
        detail.ShouldContain("URLs are not fetched");
        _origin.Requests.ShouldNotContain(asked => asked.Path == "/off.jpg");
    }

    [Fact]
    public async Task GatewayThatIsSentToAGateway_Stops()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/v1/remove-background?image_url={Url("/loop.jpg")}") { Headers = { { "Via", "1.1 rembg-platform" } } };

        (await (await _gateway.Client.SendAsync(request)).ReadProblemAsync()).Code.ShouldBe("invalid_parameter");
        _origin.Requests.ShouldNotContain(asked => asked.Path == "/loop.jpg");
    }

    [Fact]
    public async Task IdnHost_IsAskedByItsPunycode()
    {
        _origin.Serve("/idn.jpg", _photo);

        (await _gateway.CutUrlAsync($"http://bücher.example:{_origin.Port}/idn.jpg")).StatusCode.ShouldBe(HttpStatusCode.OK);

        _origin.Requests.Last(asked => asked.Path == "/idn.jpg").Headers.Host.ToString().ShouldBe($"xn--bcher-kva.example:{_origin.Port}");
    }
}
