using System.Net;
using System.Text.Json;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

public sealed class PhotoroomIntegrationTests(CompatibilityGateway shared) : IClassFixture<CompatibilityGateway>
{
    private const string Path = "/v1/segment";
    private readonly FakePod _pod = shared.Pod;
    private readonly GatewayApp _gateway = shared.App;
    private readonly byte[] _photo = shared.NewPhoto();

    [Theory]
    [InlineData("", "")]
    [InlineData("format=jpg&bg_color=ffffff", "format=jpg&bg_color=ffffffff")]
    [InlineData("channels=alpha&bg_color=red&size=medium", "channels=alpha&size=medium")]
    [InlineData("crop=true&despill=true&unknown=1&size=", "crop=true")]
    public async Task Parameters_AreThoseOfTheVendor(string parameters, string asked)
    {
        using var answer = await PostAsync(parameters);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        answer.Headers.GetValues("X-Foreground-Width").ShouldBe(["3"]);
        answer.Headers.GetValues("X-Uncertainty-Score").ShouldBe(["0.012"]);
        _pod.Requests.ShouldHaveSingleItem().Query.ShouldBe(("?model=model-a&" + asked).TrimEnd('&'));
    }

    [Theory]
    [InlineData("image/png, application/json", "image/png")]
    [InlineData("application/json", "application/json")]
    public async Task Accept_SaysWhetherTheAnswerIsJson(string accept, string type)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = Images.Form("image_file", _photo), Headers = { { "Accept", accept } } };

        using var answer = await _gateway.Client.SendAsync(request);

        answer.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        if (type == "application/json") (await JsonAsync(answer)).GetProperty("base64img").GetBytesFromBase64().Length.ShouldBe(1000);
    }

    [Theory]
    [InlineData("format=zip")]
    [InlineData("size=huge")]
    [InlineData("bg_color=nocolour")]
    [InlineData("crop=perhaps")]
    public async Task WrongValue_Is400InTheVendorsForm(string parameters)
    {
        using var answer = await PostAsync(parameters);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = await JsonAsync(answer);
        error.GetProperty("detail").GetString()!.ShouldStartWith(parameters.Split('=')[0]);
        error.GetProperty("status_code").GetInt32().ShouldBe(400);
        error.GetProperty("type").GetString().ShouldBe("invalid_parameter");
        _pod.Requests.ShouldBeEmpty();
    }

    [Fact]
    public async Task KeysOn_AbsentKeyIs403AndAnyAccountIsShownWithOne()
    {
        var key = TestKey.Create();
        await using var gateway = await GatewayApp.StartAsync([_pod], TestKey.Settings(key));

        using var refused = await gateway.Client.PostAsync(Path, Images.Form("image_file", _photo));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/account") { Headers = { { "x-api-key", key.Text } } };
        using var account = await gateway.Client.SendAsync(request);

        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        refused.Headers.WwwAuthenticate.ShouldBeEmpty();
        (await JsonAsync(refused)).GetProperty("error").GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
        (await JsonAsync(account)).GetProperty("credits").GetProperty("available").GetInt32().ShouldBeGreaterThan(0);
    }

    private Task<HttpResponseMessage> PostAsync(string parameters) => _gateway.Client.PostAsync(Path, Images.Form("image_file", _photo,
        [.. parameters.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))]));

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => JsonElement.Parse(await answer.Content.ReadAsStringAsync());
}
