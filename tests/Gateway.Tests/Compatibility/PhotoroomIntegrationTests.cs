using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

/// <summary>Photoroom's API v1, as its documents describe it.</summary>
public sealed class PhotoroomIntegrationTests(FaceGateway gateway) : IClassFixture<FaceGateway>
{
    private const string Path = "/v1/segment";
    private readonly byte[] _photo = gateway.NewPhoto();
    private readonly FakePod _pod = gateway.Pod;
    private readonly HttpClient _client = gateway.App.Client;

    [Theory]
    [InlineData("", "?model=model-a")]
    [InlineData("format=jpg&bg_color=#FF0000", "?model=model-a&format=jpg&bg_color=ff0000ff")]
    [InlineData("size=hd&crop=true&despill=true&unknown=1", "?model=model-a&size=hd&crop=true")]
    [InlineData("channels=alpha&bg_color=red", "?model=model-a&channels=alpha")]
    public async Task Parameters_MeanWhatTheyMeanThere(string parameters, string asked)
    {
        (string, string)[] fields = [.. parameters.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => (pair.Split('=')[0], pair.Split('=')[1]))];
        using var answer = await _client.PostAsync(Path, Images.Form("image_file", _photo, fields));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        answer.Headers.GetValues("X-Foreground-Width").ShouldBe(["3"]);
        _pod.Requests.ShouldHaveSingleItem().Query.ShouldBe(asked);
    }

    [Fact]
    public async Task AcceptsJson_CutoutComesAsBase64UnderBothNames()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = JsonContent.Create(new { image_file_b64 = _photo }), Headers = { { "Accept", "application/json" } } };
        using var answer = await _client.SendAsync(request);

        var json = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        json.GetProperty("base64img").GetBytesFromBase64().Length.ShouldBe(1000);
        json.GetProperty("result_b64").GetString().ShouldBe(json.GetProperty("base64img").GetString());
    }

    [Theory]
    [InlineData("format=zip", "invalid_parameter")]
    [InlineData("size=4k", "invalid_parameter")]
    public async Task WrongParameters_Are400WithTheirType(string parameter, string type)
    {
        using var answer = await _client.PostAsync(Path, Images.Form("image_file", _photo, (parameter.Split('=')[0], parameter.Split('=')[1])));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        var error = JsonElement.Parse(await answer.Content.ReadAsStringAsync());
        (error.GetProperty("type").GetString(), error.GetProperty("status_code").GetInt32()).ShouldBe((type, 400));
    }

    [Fact]
    public async Task NoImage_Is400MissingImage()
    {
        using var answer = await _client.PostAsync(Path, JsonContent.Create(new { format = "png" }));

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("type").GetString().ShouldBe("missing_image");
    }

    [Fact]
    public async Task Keys_AreAskedForInItsForm()
    {
        var key = TestKey.Create();
        await using var closed = await GatewayApp.StartAsync([_pod], TestKey.Settings(key));
        using var refused = await closed.Client.PostAsync(Path, Images.Form("image_file", _photo));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/account") { Headers = { { "x-api-key", key.Text } } };
        using var account = await closed.Client.SendAsync(request);

        (await refused.Content.ReadAsStringAsync()).ShouldBe("""{"error":{"message":"Unauthorized"}}""");
        JsonElement.Parse(await account.Content.ReadAsStringAsync()).GetProperty("credits").GetProperty("available").GetInt32().ShouldBe(300);
    }
}
