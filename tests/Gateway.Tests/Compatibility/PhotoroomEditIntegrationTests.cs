using System.Net;
using System.Text.Json;
using Rembg.Gateway.Tests.Fetching;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

/// <summary>Photoroom's API v2, in the request forms of its documents.</summary>
public sealed class PhotoroomEditIntegrationTests : IClassFixture<FetchingGateway>
{
    private static int _seed = 60_000;
    private readonly FetchingGateway _shared;
    private readonly byte[] _photo = Images.Jpeg(seed: Interlocked.Increment(ref _seed));

    public PhotoroomEditIntegrationTests(FetchingGateway shared)
    {
        _shared = shared;
        shared.Pod.Requests.Clear();
        shared.Origin.Serve("/photo.jpg", _photo);
    }

    [Theory]
    [InlineData("", "scale=100%&position=50% 50%")]
    [InlineData("outputSize=originalImage&referenceBox=originalImage", "")]
    [InlineData("padding=0.1", "scale=80%&position=50% 50%")]
    [InlineData("margin=10%&padding=10%", "scale=64%&position=50% 50%")]
    [InlineData("verticalAlignment=bottom&background.color=FFFFFF", "bg_color=ffffffff&scale=100%&position=50% 100%")]
    [InlineData("outputSize=1000x1000", "output_size=1000x1000&position=50% 50%")]
    [InlineData("outputSize=1000x1000&padding=0.1", "output_size=1000x1000&padding=100px&position=50% 50%")]
    [InlineData("outputSize=1000x1000&padding=0.1&verticalAlignment=top&horizontalAlignment=left", "output_size=1000x1000&padding=100px&position=0% 0%")]
    [InlineData("outputSize=2000x1000&paddingLeft=25%&marginTop=100px", "output_size=2000x1000&padding=100px 0px 0px 500px&position=50% 50%")]
    [InlineData("outputSize=1000x1000&scaling=fill&padding=0.1", "output_size=1000x1000&padding=100px&fit=cover&position=50% 50%")]
    [InlineData("outputSize=1000x1000&margin=0.1&padding=0.1", "output_size=1000x1000&padding=180px&position=50% 50%")]
    [InlineData("outputSize=croppedSubject&padding=10%", "crop=true&crop_margin=12.5% 12.5% 12.5% 12.5%")]
    [InlineData("outputSize=croppedSubject&padding=30px&maxWidth=800&maxHeight=600", "crop=true&crop_margin=30px 30px 30px 30px&max_width=800&max_height=600")]
    [InlineData("outputSize=croppedSubject&background.color=transparent&export.format=jpeg&shadow.mode=ai.soft", "format=jpg&quality=80&crop=true&shadow=drop")]
    [InlineData("outputSize=croppedSubject&background.blur.mode=gaussian", "bg_blur=1%&crop=true")]
    [InlineData("outputSize=croppedSubject&background.blur.mode=gaussian&background.blur.radius=0.05", "bg_blur=5%&crop=true")]
    [InlineData("outputSize=croppedSubject&background.blur.mode=gaussian&background.blur.radius=0.0001", "bg_blur=0.1%&crop=true")]
    [InlineData("outputSize=croppedSubject&background.blur.mode=gaussian&background.color=FF0000", "bg_color=ff0000ff&crop=true")]
    [InlineData("outputSize=croppedSubject&export.format=webp", "format=webp&crop=true")]
    [InlineData("outputSize=croppedSubject&export.format=avif", "format=avif&quality=90&crop=true")]
    public async Task Layout_IsThatOfTheVendor(string parameters, string asked)
    {
        using var answer = await PostAsync(parameters);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        answer.Headers.Contains("pr-unsupported-attributes").ShouldBeFalse();
        Uri.UnescapeDataString(_shared.Pod.Requests.ShouldHaveSingleItem().Query).ShouldBe(("?model=model-a&" + asked).TrimEnd('&'));
    }

    [Theory]
    [InlineData("lighting.mode=ai.auto&upscale.mode=ai.fast", "lighting.mode,upscale.mode")]
    [InlineData("background.prompt=a beach&outline.width=0.1&nonsense=1", "background.prompt,nonsense,outline.width")]
    [InlineData("background.blur.mode=bokeh&background.blur.radius=0.02", "background.blur.mode")]
    [InlineData("background.blur.radius=0.02", "background.blur.radius")]
    [InlineData("outputSize=originalImage&paddingLeft=10px", "paddingLeft")]
    [InlineData("scaling=fill&keepExistingAlphaChannel=auto", "keepExistingAlphaChannel,scaling")]
    [InlineData("outputSize=croppedSubject&scaling=fill", null)]
    [InlineData("outputSize=100x100&referenceBox=originalImage", "referenceBox")]
    [InlineData("scaling=fit&keepExistingAlphaChannel=never&colorSpace=sRGB", null)]
    public async Task AttributesWithoutEffect_AreListed(string parameters, string? listed)
    {
        using var answer = await PostAsync(parameters);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        (answer.Headers.TryGetValues("pr-unsupported-attributes", out var values) ? values.Single() : null).ShouldBe(listed);
    }

    [Theory]
    [InlineData("removeBackground=perhaps", "removeBackground must be boolean.")]
    [InlineData("removeBackground=false", "removeBackground must be true")]
    [InlineData("background.color=nocolour", "background.color must be")]
    [InlineData("background.blur.mode=box", "background.blur.mode must be")]
    [InlineData("background.blur.mode=gaussian&background.blur.radius=0", "background.blur.radius must be")]
    [InlineData("background.blur.mode=gaussian&background.blur.radius=0.051", "background.blur.radius must be")]
    [InlineData("background.blur.mode=gaussian&background.blur.radius=NaN", "background.blur.radius must be")]
    [InlineData("export.format=zip", "export.format must be")]
    [InlineData("export.format=gif", "export.format must be")]
    [InlineData("outputSize=1e9x1", "outputSize must be")]
    [InlineData("outputSize=99999x99999", "outputSize must be")]
    [InlineData("scaling=stretch", "scaling must be fit or fill")]
    [InlineData("padding=0.5", "padding must be")]
    [InlineData("paddingTop=NaN", "paddingTop must be")]
    [InlineData("marginLeft=-1px", "marginLeft must be")]
    [InlineData("maxWidth=0", "maxWidth must be")]
    [InlineData("horizontalAlignment=top", "horizontalAlignment must be")]
    [InlineData("shadow.mode=hard", "shadow.mode must")]
    public async Task WrongValue_Is400WithItsMessage(string parameters, string message)
    {
        using var answer = await PostAsync(parameters);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await MessageAsync(answer)).ShouldStartWith(message);
        _shared.Pod.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task Get_ReadsTheImageFromItsUrl()
    {
        using var answer = await _shared.App.Client.GetAsync($"/v2/edit?imageUrl={Uri.EscapeDataString($"http://{_shared.Host}/photo.jpg")}&outputSize=croppedSubject");
        using var none = await _shared.App.Client.GetAsync("/v2/edit?outputSize=croppedSubject");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        _shared.Pod.Requests.Single().Image.ShouldBe(_photo);
        none.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await MessageAsync(none)).ShouldContain("imageFile");
    }

    [Fact]
    public async Task BackgroundImage_LiesBehindTheSubject()
    {
        var form = Images.Form("imageFile", _photo, ("referenceBox", "originalImage"));
        form.Add(new ByteArrayContent(Images.Jpeg(3000, seed: 3)), "background.imageFile", "beach.jpg");
        using var answer = await _shared.App.Client.PostAsync("/v2/edit", form);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        _shared.Pod.Requests.Single().Background.ShouldBe(Images.Jpeg(3000, seed: 3));
    }

    [Fact]
    public async Task Account_ShowsThePlan()
    {
        var account = JsonElement.Parse(await _shared.App.Client.GetStringAsync("/v2/account"));
        account.GetProperty("images").GetProperty("available").GetInt32().ShouldBeGreaterThan(0);
        account.GetProperty("plan").GetString().ShouldNotBeNullOrEmpty();
    }

    private Task<HttpResponseMessage> PostAsync(string parameters) => _shared.App.Client.PostAsync("/v2/edit", Images.Form("imageFile", _photo,
        [.. parameters.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))]));

    private static async Task<string> MessageAsync(HttpResponseMessage answer) =>
        JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("message").GetString()!;
}
