using System.Net;
using System.Text.Json;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

public sealed class RembgIntegrationTests(CompatibilityGateway shared) : IClassFixture<CompatibilityGateway>
{
    private readonly FakePod _pod = shared.Pod;
    private readonly GatewayApp _gateway = shared.App;
    private readonly byte[] _photo = shared.NewPhoto();

    [Fact]
    public async Task NothingAskedFor_OurDefaultModelAnswersWithPng()
    {
        using var answer = await PostAsync();

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        _pod.Requests.ShouldHaveSingleItem().Query.ShouldBe("?model=model-a");
    }

    [Theory]
    [InlineData("model=model-b", "?model=model-b")]
    [InlineData("om=true", "?model=model-a&channels=alpha&edges=raw")]
    [InlineData("om=On&ppm=1", "?model=model-a&channels=alpha&post_process_mask=true")]
    [InlineData("bgc=255,0, 16,128", "?model=model-a&bg_color=ff001080")]
    [InlineData("a=true&dc=true&af=240", "?model=model-a")]
    [InlineData("bgc=1,2,3,4&om=true", "?model=model-a&channels=alpha&edges=raw")]
    [InlineData("extras={\"sam_prompt\":[]}", "?model=model-a")]
    [InlineData("extras=nonsense", "?model=model-a")]
    [InlineData("size=full&sise=1", "?model=model-a")]
    [InlineData("a=false&af=240&ab=0&ae=99&extras={}&bgc=", "?model=model-a")]
    public async Task Parameters_WorkInFormQueryAndBoth(string parameters, string asked)
    {
        foreach (var (query, form) in new[] { (parameters, ""), ("", parameters), (parameters, parameters) })
        {
            using var answer = await PostAsync(query, form);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        }
        _pod.Requests.ShouldHaveSingleItem().Query.ShouldBe(asked); // the others were the same to the cache
    }

    [Theory]
    [InlineData("a=perhaps", "a", "true or false")]
    [InlineData("af=256", "af", "from 0 to 255")]
    [InlineData("af=-1", "af", "from 0 to 255")]
    [InlineData("ab=1e309", "ab", "from 0 to 255")]
    [InlineData("ae=NaN", "ae", "0 or more")]
    [InlineData("bgc=1,2,3", "bgc", "R,G,B,A")]
    [InlineData("bgc=1,2,3,256", "bgc", "R,G,B,A")]
    [InlineData("extras={\"model_path\":\"/etc/passwd\"}", "extras", "model_path")]
    public async Task WrongOrUnofferedParameter_IsFastApis422WithItsPlace(string parameters, string name, string why)
    {
        foreach (var place in new[] { "query", "body" })
        {
            using var answer = place == "query" ? await PostAsync(query: parameters) : await PostAsync(form: parameters);

            answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
            var error = (await JsonAsync(answer)).GetProperty("detail").EnumerateArray().ShouldHaveSingleItem();
            error.GetProperty("loc").EnumerateArray().Select(part => part.GetString()).ShouldBe([place, name]);
            error.GetProperty("type").GetString().ShouldBe("value_error");
            error.GetProperty("msg").GetString()!.ShouldContain(why);
        }
        _pod.Requests.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", "model-a")]
    [InlineData("model=model-b", "model-b")]
    [InlineData("model=u2net", "model-a")]
    public async Task Model_IsTheDefaultWhereItIsNotLoaded_AndTheAnswerNamesIt(string parameters, string answered)
    {
        using var answer = await PostAsync(form: parameters);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        answer.Headers.GetValues("X-Model").ShouldBe([answered]);
        _pod.Requests.ShouldHaveSingleItem().Query.ShouldBe($"?model={answered}");
    }

    [Fact]
    public async Task ModelThatIsNotLoaded_IsRefusedWhereTheOptionSaysSo()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Compatibility:RembgUnknownModel=Refuse");
        using var unknown = await gateway.Client.PostAsync("/api/remove?model=u2net", Images.Form("file", _photo));
        using var known = await gateway.Client.PostAsync("/api/remove?model=model-b", Images.Form("file", _photo));

        ((int)unknown.StatusCode).ShouldBe(422);
        (await unknown.Content.ReadAsStringAsync()).ShouldContain("is not a loaded model");
        known.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task FormAndQueryContradictEachOther_IsRefused()
    {
        using var answer = await PostAsync("om=true", "om=false");

        answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await answer.Content.ReadAsStringAsync()).ShouldContain("different values");
    }

    [Fact]
    public async Task NoFile_IsFastApisMissingField()
    {
        using var form = new MultipartFormDataContent { { new StringContent("true"), "om" } };
        foreach (var content in new HttpContent[] { form, new StringContent("file=x"), Images.Raw(), Images.Form("image_file") })
        {
            using var answer = await _gateway.Client.PostAsync("/api/remove", content);

            answer.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
            if (content is not MultipartFormDataContent || content == form)
                (await answer.Content.ReadAsStringAsync()).ShouldBe("""{"detail":[{"type":"missing","loc":["body","file"],"msg":"Field required"}]}""");
        }
    }

    [Fact]
    public async Task FetchingOff_UrlIsRefused()
    {
        using var answer = await _gateway.Client.GetAsync("/api/remove?url=http://127.0.0.1/photo.jpg");

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await JsonAsync(answer)).GetProperty("detail").GetString()!.ShouldContain("not fetched");
    }

    [Fact]
    public async Task OtherProblems_AreOneTextWithTheirOwnStatus()
    {
        (await RefusalAsync(Images.Form("file", [1, 2, 3]))).ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await RefusalAsync(Images.Form("file", Images.Jpeg(30_000)))).ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        _pod.Next.Enqueue(PodScripts.Refuses(Problem.Truncated()));
        (await RefusalAsync(Images.Form("file", _photo))).ShouldBe(HttpStatusCode.UnprocessableEntity);
        _pod.Always = PodScripts.Overloaded();
        await using var impatient = await GatewayApp.StartAsync([_pod], "Pods:FullFor=00:00:30", "Pods:WaitForPod=00:00:00");
        (await RefusalAsync(Images.Form("file", _photo), impatient)).ShouldBe(HttpStatusCode.ServiceUnavailable);

        async Task<HttpStatusCode> RefusalAsync(HttpContent content, GatewayApp? gateway = null)
        {
            using var answer = await (gateway ?? _gateway).Client.PostAsync("/api/remove", content);
            (await JsonAsync(answer)).GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
            return answer.StatusCode;
        }
    }

    [Fact]
    public async Task KeysOn_TheKeyIsAskedForInTheDialect()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], TestKey.Settings(TestKey.Create()));

        using var answer = await gateway.Client.PostAsync("/api/remove", Images.Form("file", _photo));

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await JsonAsync(answer)).GetProperty("detail").GetString()!.ShouldContain("X-Api-Key");
    }

    private Task<HttpResponseMessage> PostAsync(string query = "", string form = "")
    {
        (string, string)[] fields = [.. form.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))];
        return _gateway.Client.PostAsync("/api/remove" + (query.Length > 0 ? "?" + query : ""), Images.Form("file", _photo, fields));
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonElement.Parse(await answer.Content.ReadAsStringAsync());
}
