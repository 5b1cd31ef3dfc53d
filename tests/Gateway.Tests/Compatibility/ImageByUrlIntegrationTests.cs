using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Gateway.Tests.Fetching;

namespace Rembg.Gateway.Tests.Compatibility;

/// <summary>Images by URL in the APIs of others, and their errors.</summary>
public sealed class ImageByUrlIntegrationTests : IClassFixture<FetchingGateway>
{
    private static int _seed = 20_000;

    private readonly FetchingGateway _shared;
    private readonly byte[] _photo = Images.Jpeg(seed: Interlocked.Increment(ref _seed));

    public ImageByUrlIntegrationTests(FetchingGateway shared)
    {
        _shared = shared;
        shared.Origin.Serve("/photo.jpg", _photo);
        shared.Origin.Serve("/large.jpg", Images.Jpeg(FetchingGateway.MaxBytes + 1));
        shared.Origin.Serve("/page.html", "<html>"u8.ToArray());
    }

    public static TheoryData<string, string> Places => new()
    {
        { "/v1.0/removebg", "image_url" }, { "/v1.0/improve", "image_url" }, { "/v1/segment", "imageUrl" }, { "/api/remove", "url" },
    };

    [Theory, MemberData(nameof(Places))]
    public async Task Url_IsTheImage(string path, string field)
    {
        var url = Url("/photo.jpg");
        HttpContent[] forms = path == "/api/remove"
            ? [Form(field, url)]
            : [Form(field, url), JsonContent.Create(new Dictionary<string, string> { [field] = url }), new FormUrlEncodedContent([new(field, url)])];
        foreach (var form in forms)
        {
            using var answer = await _shared.App.Client.PostAsync(path, form);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task RembgsGet_TakesUrlAndParameters()
    {
        using var answer = await _shared.App.Client.GetAsync($"/api/remove?url={Url("/photo.jpg")}&om=true");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        _shared.Pod.Requests.Last().Image.ShouldBe(_photo);
        _shared.Pod.Requests.Last().Query.ShouldBe("?model=model-a&channels=alpha&edges=raw");
    }

    [Theory]
    [InlineData("ftp://public.example/a.jpg", "invalid_image_url", "Invalid image_url: Please provide a valid URL.")]
    [InlineData("http://user@public.example/a.jpg", "invalid_image_url", "Invalid image_url: Please provide a valid URL.")]
    [InlineData("http://HOST/nothing.jpg", "failed_image_download", "Failed to download image from given image_url: The host answered with HTTP status 404.")]
    [InlineData("http://127.0.0.1:PORT/secret.jpg", "failed_image_download", "Failed to download image from given image_url: The host has no public address.")]
    [InlineData("http://HOST/large.jpg", "file_too_large", "File too large")]
    [InlineData("http://HOST/page.html", "invalid_file_type", "Invalid file type")]
    public async Task RemoveBg_SaysWhatIsWrongInItsWords(string url, string code, string title)
    {
        using var answer = await _shared.App.Client.PostAsync("/v1.0/removebg", Form("image_url", Fill(url)));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = (await JsonAsync(answer)).GetProperty("errors").EnumerateArray().ShouldHaveSingleItem();
        error.GetProperty("code").GetString().ShouldBe(code);
        error.GetProperty("title").GetString().ShouldBe(title);
    }

    [Theory]
    [InlineData("ftp://public.example/a.jpg", 400, "url must be")]
    [InlineData("http://HOST/nothing.jpg", 400, "HTTP status 404")]
    [InlineData("http://127.0.0.1:PORT/secret.jpg", 400, "no public address")]
    [InlineData("http://HOST/large.jpg", 413, "at most")]
    [InlineData("http://HOST/page.html", 415, "first bytes")]
    public async Task Rembg_SaysWhatIsWrongInOneText(string url, int status, string text)
    {
        url = Uri.EscapeDataString(Fill(url));
        foreach (var answer in new[] { await _shared.App.Client.GetAsync($"/api/remove?url={url}"), await _shared.App.Client.PostAsync($"/api/remove?url={url}", null) })
        {
            ((int)answer.StatusCode).ShouldBe(status);
            (await JsonAsync(answer)).GetProperty("detail").GetString()!.ShouldContain(text);
        }
    }

    [Fact]
    public async Task RembgsGetWithoutUrl_IsFastApisMissingField()
    {
        using var answer = await _shared.App.Client.GetAsync("/api/remove");

        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await answer.Content.ReadAsStringAsync()).ShouldBe("""{"detail":[{"type":"missing","loc":["query","url"],"msg":"Field required"}]}""");
    }

    [Theory]
    [InlineData("ftp://public.example/a.jpg", "invalid_parameter", "imageUrl must be")]
    [InlineData("http://HOST/nothing.jpg", "download_failed", "HTTP status 404")]
    [InlineData("http://127.0.0.1:PORT/secret.jpg", "download_failed", "no public address")]
    [InlineData("http://HOST/large.jpg", "image_too_large", "at most")]
    public async Task Photoroom_SaysWhatIsWrongInItsForm(string url, string type, string text)
    {
        using var answer = await _shared.App.Client.PostAsync("/v1/segment", Form("imageUrl", Fill(url)));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = await JsonAsync(answer);
        error.GetProperty("type").GetString().ShouldBe(type);
        error.GetProperty("detail").GetString()!.ShouldContain(text);
    }

    private string Url(string path) => $"http://{_shared.Host}{path}";

    private string Fill(string url) => url.Replace("HOST", _shared.Host, StringComparison.Ordinal).Replace("PORT", $"{_shared.Origin.Port}", StringComparison.Ordinal);

    private static MultipartFormDataContent Form(string field, string url) => new() { { new StringContent(url), field } };

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonElement.Parse(await answer.Content.ReadAsStringAsync());
}
