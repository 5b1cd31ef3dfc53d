using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

public sealed class RemoveBgIntegrationTests(CompatibilityGateway shared) : IClassFixture<CompatibilityGateway>
{
    private const string Path = "/v1.0/removebg";
    private readonly FakePod _pod = shared.Pod;
    private readonly GatewayApp _gateway = shared.App;
    private readonly byte[] _photo = shared.NewPhoto();

    [Fact]
    public async Task Photograph_ComesBackWithRemoveBgsHeaders()
    {
        var before = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

        using var answer = await PostAsync(("type", "person"));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        (string, string)[] expected =
        [
            ("X-Type", "person"), ("X-Width", "40"), ("X-Height", "30"), ("X-Max-Width", "400"), ("X-Max-Height", "300"), ("X-Credits-Charged", "0"),
            ("X-Foreground-Left", "1"), ("X-Foreground-Top", "2"), ("X-Foreground-Width", "3"), ("X-Foreground-Height", "4"),
            ("X-RateLimit-Limit", "300"),
        ];
        foreach (var (name, value) in expected) Header(answer, name).ShouldBe(value, name);
        int.Parse(Header(answer, "X-RateLimit-Remaining")).ShouldBeInRange(1, 299);
        long.Parse(Header(answer, "X-RateLimit-Reset")).ShouldBeInRange(before, before + 3600);
        _pod.Requests.ShouldHaveSingleItem().Query.ShouldBe("?model=model-a&size=preview");
    }

    [Theory]
    [InlineData("size=small", "size=preview")]
    [InlineData("size=regular", "size=preview")]
    [InlineData("size=medium", "size=medium")]
    [InlineData("size=hd", "size=hd")]
    [InlineData("size=full", "")]
    [InlineData("size=4k", "")]
    [InlineData("size=50MP", "")]
    [InlineData("size=auto", "")]
    [InlineData("format=jpg", "format=jpg&size=preview")]
    [InlineData("format=zip&size=full", "format=zip")]
    [InlineData("format=webp", "format=webp&size=preview")]
    [InlineData("format=auto&bg_color=81d4fa", "format=jpg&size=preview&bg_color=81d4faff")]
    [InlineData("format=auto&bg_color=81d4fa77", "size=preview&bg_color=81d4fa77")]
    [InlineData("format=png&bg_color=green", "size=preview&bg_color=008000ff")]
    [InlineData("channels=alpha", "channels=alpha&size=preview")]
    [InlineData("roi=0% 0% 100% 100%&crop=false&crop_margin=0&scale=original&position=original&add_shadow=false&semitransparency=true&bg_image_url=&type=auto&type_level=1",
        "size=preview")]
    public async Task Parameters_MeanTheSameInEveryBody(string parameters, string asked)
    {
        var fields = Fields(parameters);
        var values = fields.Append(("image_file_b64", Convert.ToBase64String(_photo))).ToDictionary(pair => pair.Item1, pair => pair.Item2);
        foreach (var content in new HttpContent[] { Images.Form("image_file", _photo, fields), JsonContent.Create(values), new FormUrlEncodedContent(values), Multipart(values) })
        {
            using var answer = await _gateway.Client.PostAsync(Path, content);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        }
        var run = _pod.Requests.ShouldHaveSingleItem(); // one entry of the cache, whatever the body was
        run.Query.ShouldBe(("?model=model-a&" + asked).TrimEnd('&'));
        run.Image.ShouldBe(_photo);
    }

    [Theory]
    [InlineData("size=huge", "invalid_size", "Invalid value for parameter 'size'")]
    [InlineData("channels=rgb", "invalid_channels", "Invalid value for parameter 'channels'")]
    [InlineData("type=ghost", "invalid_type", "Invalid type parameter given")]
    [InlineData("type_level=3", "invalid_type_level", "Invalid type_level parameter given")]
    [InlineData("format=gif", "invalid_format", "Invalid format parameter given")]
    [InlineData("bg_color=nocolour", "invalid_bg_color", "Invalid bg_color parameter given")]
    [InlineData("roi=1 2 3", "invalid_roi", "Invalid roi parameter given")]
    [InlineData("roi=1 2 3 4em", "invalid_roi", "Invalid roi parameter given")]
    [InlineData("roi=-1 0 10 10", "invalid_roi", "Invalid roi parameter given")]
    [InlineData("roi=NaN 0 10 10", "invalid_roi", "Invalid roi parameter given")]
    [InlineData("roi=0 0 1e308 10", "invalid_roi", "Invalid roi parameter given")]
    [InlineData("roi=0 0 4294967296px 4294967296px", "invalid_roi", "Invalid roi parameter given")]
    [InlineData("crop=perhaps", "invalid_crop", "Invalid crop parameter given")]
    [InlineData("crop_margin=1 2 3", "invalid_crop_margin", "Invalid crop_margin parameter given")]
    [InlineData("crop_margin=-10%", "invalid_crop_margin", "Invalid crop_margin parameter given")]
    [InlineData("crop=true&crop_margin=Infinity", "invalid_crop_margin", "Invalid crop_margin parameter given")]
    [InlineData("scale=9%", "invalid_scale", "Invalid scale parameter given")]
    [InlineData("scale=101%", "invalid_scale", "Invalid scale parameter given")]
    [InlineData("scale=50", "invalid_scale", "Invalid scale parameter given")]
    [InlineData("scale=NaN%", "invalid_scale", "Invalid scale parameter given")]
    [InlineData("position=left", "invalid_position", "Invalid position parameter given")]
    [InlineData("position=10px", "invalid_position", "Invalid position parameter given")]
    [InlineData("position=1% 2% 3%", "invalid_position", "Invalid position parameter given")]
    [InlineData("position=101%", "invalid_position", "Invalid position parameter given")]
    [InlineData("semitransparency=perhaps", "invalid_semitransparency", "Invalid semitransparency parameter given")]
    [InlineData("shadow_type=soft", "invalid_shadow_type", "Invalid shadow_type parameter given")]
    [InlineData("shadow_type=drop&shadow_opacity=101", "invalid_shadow_opacity", "Invalid shadow_opacity parameter given")]
    [InlineData("shadow_type=drop&shadow_opacity=-1", "invalid_shadow_opacity", "Invalid shadow_opacity parameter given")]
    [InlineData("bg_image_url=http://example.com/b.jpg", "invalid_bg_image_url", "Invalid bg_image_url: Please provide a valid URL.")]
    [InlineData("bg_color=red&bg_image_url=http://example.com/b.jpg", "multiple_bg_sources",
        "Multiple background sources given: Please provide either the bg_color, the bg_image_url or the bg_image_file parameter.")]
    public async Task WhatIsNotValidOrNotOffered_IsRefusedByItsCodeAndTitle(string parameters, string code, string title)
    {
        using var answer = await PostAsync(Fields(parameters));

        await ShouldBeAsync(answer, HttpStatusCode.BadRequest, code);
        (await JsonAsync(answer)).GetProperty("errors")[0].GetProperty("title").GetString().ShouldBe(title);
        _pod.Requests.ShouldBeEmpty();
    }

    /// <summary>The tests' names are the rows of what broke real clients: their forms are the clients' own.</summary>
    [Theory]
    [InlineData("PyPI removebg 0.4", "roi=0 0 100% 100%&crop=false&crop_margin=0&scale=original&position=original&channels=rgba&add_shadow=false&semitransparency=true&type=auto&type_level=none&size=regular&bg_color=", "size=preview")]
    [InlineData("official browser sample", "image_url=&size=auto&api_key=KEY", "")]
    [InlineData("empty base64 field", "image_file_b64=&size=auto", "")]
    [InlineData("values without effect", "semitransparency=false&add_shadow=true&type=car_interior", "size=preview")]
    [InlineData("official CLI", "size=auto&format=zip&type=auto", "format=zip")]
    [InlineData("official CLI with a colour", "size=auto&format=zip&type=auto&bg_color=ff0000", "format=zip&bg_color=ff0000ff")]
    [InlineData("Ruby gem remove_bg 2.2.1", "size=auto&format=zip&channels=rgba", "format=zip")]
    [InlineData("crop with a margin", "size=full&crop=true&crop_margin=10px 20px", "crop=true&crop_margin=10px 20px 10px 20px")]
    [InlineData("margin without crop", "size=full&crop_margin=30px", "")]
    [InlineData("several spaces in a region", "size=full&roi=0  0  500px  100%", "roi=0px 0px 500px 100%")]
    [InlineData("scale, position and shadow", "size=full&scale=80%&position=center&shadow_type=3D&shadow_opacity=70", "scale=80%&position=50% 50%&shadow=drop&shadow_opacity=70")]
    [InlineData("shadow of one type", "size=full&type=car&shadow_type[car]=car", "shadow=drop&shadow_opacity=90")]
    [InlineData("mask over a colour", "size=full&channels=alpha&bg_color=red", "channels=alpha")]
    [InlineData("repeated field, the last counts", "size=full&size=hd", "size=hd")]
    public async Task ClientsForm_IsTaken(string client, string parameters, string asked)
    {
        using var answer = await PostAsync(Fields(parameters));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, $"{client}: {await answer.Content.ReadAsStringAsync()}");
        Uri.UnescapeDataString(_pod.Requests.ShouldHaveSingleItem().Query).ShouldBe(("?model=model-a&" + asked).TrimEnd('&'), client);
    }

    /// <summary>A browser sends the file inputs of a form that hold no file, too: no bytes and an empty file name.</summary>
    [Fact]
    public async Task EmptyFileInputs_AreAbsent()
    {
        var text = string.Concat(new[] { "image_file", "bg_image_file" }.Select(name => $"--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n"))
            + $"--b\r\nContent-Disposition: form-data; name=\"image_file_b64\"\r\n\r\n{Convert.ToBase64String(_photo)}\r\n--b--\r\n";
        using var content = new StringContent(text);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=b");

        using var answer = await _gateway.Client.PostAsync(Path, content);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        _pod.Requests.ShouldHaveSingleItem().Image.ShouldBe(_photo);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("*/*", false)]
    [InlineData("application/json", true)]
    [InlineData("application/json, text/plain, */*", false)] // axios
    [InlineData("image/png, application/json", false)]
    [InlineData("image/png;q=0.5, application/json", true)]
    [InlineData("application/json;q=0", false)]
    public async Task Accept_SaysWhetherTheAnswerIsJson(string accept, bool isJson)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Images.Form("image_file", _photo) };
        if (accept.Length > 0) request.Headers.TryAddWithoutValidation("Accept", accept);

        using var answer = await _gateway.Client.SendAsync(request);

        answer.Content.Headers.ContentType!.MediaType.ShouldBe(isJson ? "application/json" : "image/png");
    }

    [Fact]
    public async Task Improve_AnswersWithANewIdAndChecksTheImage()
    {
        using var answer = await _gateway.Client.PostAsync("/v1.0/improve", Images.Form("image_file", _photo, ("tag", "hair"), ("image_filename", "a.jpg")));
        using var none = await _gateway.Client.PostAsync("/v1.0/improve", Multipart(new() { ["tag"] = "hair" }));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await JsonAsync(answer)).GetProperty("id").GetGuid().ShouldNotBe(Guid.Empty);
        await ShouldBeAsync(none, HttpStatusCode.BadRequest, "missing_source");
        _pod.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task OtherOrigin_MayReadTheAnswer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Images.Form("image_file", _photo), Headers = { { "Origin", "https://shop.example" } } };

        using var answer = await _gateway.Client.SendAsync(request);

        Header(answer, "Access-Control-Allow-Origin").ShouldBe("*");
    }

    [Fact]
    public async Task Sources_ExactlyOneIsTaken()
    {
        var base64 = Convert.ToBase64String(_photo);
        (HttpContent, string)[] cases =
        [
            (Multipart(new() { ["size"] = "auto" }), "missing_source"),
            (JsonContent.Create(new { size = "auto" }), "missing_source"),
            (new FormUrlEncodedContent([]), "missing_source"),
            (new ByteArrayContent(_photo), "missing_source"),
            (JsonContent.Create(new { image_file_b64 = "" }), "missing_source"),
            (Multipart(new() { ["image_url"] = "http://example.com/a.jpg" }), "invalid_image_url"),
            (JsonContent.Create(new { image_url = "http://example.com/a.jpg" }), "invalid_image_url"),
            (Images.Form("image_file", _photo, ("image_file_b64", base64)), "multiple_sources"),
            (Images.Form("image_file", _photo, ("image_url", "http://example.com/a.jpg")), "multiple_sources"),
            (JsonContent.Create(new { image_file_b64 = (string?)null }), "missing_source"),
            (new FormUrlEncodedContent([new("image_file_b64", base64), new("image_file_b64", base64)]), "multiple_sources"),
            (Raw($$"""{"image_file_b64":"{{base64}}","image_file_b64":"{{base64}}"}""", "application/json"), "multiple_sources"),
            (Images.Form("bg_image_file"), "missing_source"),
            (JsonContent.Create(new { image_file_b64 = base64, bg_image_file = base64 }), "invalid_bg_image_file"),
            (Images.Form("image_file", _photo, ("bg_image_file", "text")), "invalid_file_type"),
        ];
        foreach (var (content, code) in cases)
            await ShouldBeAsync(await _gateway.Client.PostAsync(Path, content), HttpStatusCode.BadRequest, code);
    }

    [Fact]
    public async Task MalformedBodies_AreTheClientsFault()
    {
        var broken = new MultipartFormDataContent("x") { { new StringContent("*not base64*"), "image_file_b64" } };
        foreach (var content in new HttpContent[]
        {
            broken, Raw("{", "application/json"), Raw("[1]", "application/json"), Raw("""{"size":{"a":1}}""", "application/json"), Raw("""{"image_file_b64":7}""", "application/json"),
            Raw("""{"size":"\ud800"}""", "application/json"), Raw("""{"\ud800":"auto"}""", "application/json"), Raw("""{"image_file_b64":"\ud800"}""", "application/json"),
            Raw("""{"image_file_b64":"*"}""", "application/json"), Raw("image_file_b64=*", "application/x-www-form-urlencoded"),
            Raw(string.Join('&', Enumerable.Range(0, 5000).Select(i => $"a{i}=1")), "application/x-www-form-urlencoded"),
        })
        {
            using var answer = await _gateway.Client.PostAsync(Path, content);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task AcceptsJson_PictureComesAsBase64WithItsForeground()
    {
        using var picture = await PostAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Images.Form("image_file", _photo) };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));

        using var answer = await _gateway.Client.SendAsync(request);

        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        Header(answer, "X-Width").ShouldBe("40");
        var data = (await JsonAsync(answer)).GetProperty("data");
        data.GetProperty("result_b64").GetBytesFromBase64().ShouldBe(await picture.Content.ReadAsByteArrayAsync());
        new[] { "left", "top", "width", "height" }.Select(side => data.GetProperty($"foreground_{side}").GetInt32()).ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public async Task ObjectsInJson_AreFieldsOfTheirType()
    {
        var base64 = Convert.ToBase64String(_photo);
        using var answer = await _gateway.Client.PostAsync(Path, Raw($$"""
            {"shadow_type":{"car":"drop","person":"none"},"shadow_opacity":{"car":70},"type":"car","size":"full","unknown":{"a":1,"b":null},"image_file_b64":"{{base64}}"}
            """, "application/json"));
        using var deeper = await _gateway.Client.PostAsync(Path, Raw($$$"""{"a":{"b":{"c":1}},"image_file_b64":"{{{base64}}}"}""", "application/json"));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        _pod.Requests.ShouldHaveSingleItem().Query.ShouldBe("?model=model-a&shadow=drop&shadow_opacity=70");
        deeper.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("auto", "1", "other")]
    [InlineData("car", "latest", "car")]
    [InlineData("car", "none", null)]
    [InlineData("graphic", "1", "other")]
    [InlineData("graphic", "2", "graphics")]
    [InlineData("transportation", "1", "other")]
    [InlineData("transportation", "latest", "transportation")]
    [InlineData("car_part", "1", "car")]
    [InlineData("car_interior", "2", "car_interior")]
    public async Task Type_ComesBack(string type, string level, string? expected)
    {
        using var answer = await PostAsync(("type", type), ("type_level", level));

        (answer.Headers.TryGetValues("X-Type", out var values) ? values.Single() : null).ShouldBe(expected);
    }

    [Fact]
    public async Task OtherProblems_HaveRemoveBgsStatusAndCode()
    {
        await ShouldBeAsync(await _gateway.Client.PostAsync(Path, Images.Form("image_file", [1, 2, 3])), HttpStatusCode.BadRequest, "invalid_file_type");
        await ShouldBeAsync(await _gateway.Client.PostAsync(Path, Images.Form("image_file", Images.Jpeg(30_000))), HttpStatusCode.BadRequest, "file_too_large");
        await ShouldBeAsync(await _gateway.Client.PostAsync(Path, JsonContent.Create(new { image_file_b64 = Images.Jpeg(30_000) })), HttpStatusCode.BadRequest, "file_too_large");
        await ShouldBeAsync(await WithPodAsync(PodScripts.Refuses(Problem.Truncated())), HttpStatusCode.BadRequest, "failed_to_read_image");
        await ShouldBeAsync(await WithPodAsync(PodScripts.Refuses(Problem.ResolutionTooHigh("Too many."))), HttpStatusCode.BadRequest, "resolution_too_high");
        await ShouldBeAsync(await WithPodAsync(PodScripts.Refuses(Problem.RoiExceedsBounds(40, 30))), HttpStatusCode.BadRequest, "roi_exceeds_bounds");
        await ShouldBeAsync(await WithPodAsync(PodScripts.Refuses(Problem.RoiRegionEmpty())), HttpStatusCode.BadRequest, "roi_region_empty");
        await ShouldBeAsync(await WithPodAsync(PodScripts.Cutout(foreground: "0 0 0 0")), HttpStatusCode.BadRequest, "unknown_foreground");
        await using var impatient = await GatewayApp.StartAsync([_pod], "Pods:FullFor=00:00:30", "Pods:WaitForPod=00:00:00");
        _pod.Always = PodScripts.Overloaded();
        using var full = await impatient.Client.PostAsync(Path, Images.Form("image_file", Images.Jpeg(seed: 2)));
        await ShouldBeAsync(full, HttpStatusCode.ServiceUnavailable, "overloaded");
        full.Headers.RetryAfter.ShouldNotBeNull();

        Task<HttpResponseMessage> WithPodAsync(PodScript script)
        {
            _pod.Always = script;
            return _gateway.Client.PostAsync(Path, Images.Form("image_file", _photo));
        }
    }

    [Fact]
    public async Task WrongKey_Is403AuthFailed()
    {
        var key = TestKey.Create();
        await using var gateway = await GatewayApp.StartAsync([_pod], TestKey.Settings(key));

        using var refused = await gateway.Client.PostAsync(Path, Images.Form("image_file", _photo));
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Images.Form("image_file", _photo), Headers = { { "X-Api-Key", key.Text } } };
        using var accepted = await gateway.Client.SendAsync(request);

        await ShouldBeAsync(refused, HttpStatusCode.Forbidden, "auth_failed");
        refused.Headers.WwwAuthenticate.ShouldBeEmpty();
        accepted.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task PlanExceeded_Is429WithTheirHeaders()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Clients:Anonymous:Burst=1", "Clients:Anonymous:RatePerSecond=0.001");
        (await gateway.Client.PostAsync(Path, Images.Form("image_file", _photo))).StatusCode.ShouldBe(HttpStatusCode.OK);

        using var refused = await gateway.Client.PostAsync(Path, Images.Form("image_file", _photo));

        await ShouldBeAsync(refused, HttpStatusCode.TooManyRequests, "rate_limit_exceeded");
        refused.Headers.RetryAfter.ShouldNotBeNull();
        Header(refused, "X-RateLimit-Limit").ShouldBe("1");
        Header(refused, "X-RateLimit-Remaining").ShouldBe("0");
    }

    [Fact]
    public async Task Account_ShowsThePlanAndIsFree()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Clients:Anonymous:Burst=7");

        for (var i = 0; i < 8; i++)
        {
            using var answer = await gateway.Client.GetAsync("/v1.0/account");
            (await answer.Content.ReadAsStringAsync()).ShouldBe(
                """{"data":{"attributes":{"credits":{"total":0,"subscription":0,"payg":0,"enterprise":0},"api":{"free_calls":7,"sizes":"all"}}}}""");
        }
    }

    private Task<HttpResponseMessage> PostAsync(params (string, string)[] fields) => _gateway.Client.PostAsync(Path, Images.Form("image_file", _photo, fields));

    private static async Task ShouldBeAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.ShouldBe(status, text);
        var error = JsonElement.Parse(text).GetProperty("errors").EnumerateArray().ShouldHaveSingleItem();
        error.GetProperty("code").GetString().ShouldBe(code, text);
        error.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
    }

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();

    private static (string, string)[] Fields(string parameters) => [.. parameters.Split('&').Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))];

    private static StringContent Raw(string text, string type) => new(text, null, type);

    private static MultipartFormDataContent Multipart(Dictionary<string, string> values)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in values) form.Add(new StringContent(value), name);
        return form;
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonElement.Parse(await answer.Content.ReadAsStringAsync());
}
