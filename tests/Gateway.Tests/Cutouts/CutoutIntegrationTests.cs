using System.Net;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Cutouts;

public class CutoutIntegrationTests
{
    [Theory]
    [InlineData("/v1/remove-background")]
    [InlineData("/remove-background")]
    public async Task Photograph_ComesBackAsCutout(string path)
    {
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod]);

        var response = await gateway.Client.PostAsync(path, Images.Form("file"));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        response.Content.Headers.ContentLength.ShouldBe(1000);
        response.Headers.GetValues("X-Cache").ShouldBe(["miss"]);
        response.Headers.GetValues("X-Width").ShouldBe(["40"]);
        response.Headers.GetValues("X-Frames").ShouldBe(["7"]);
        response.Headers.ETag.ShouldNotBeNull();
        response.Headers.GetValues("X-Request-Id").Single().Length.ShouldBe(32);
        response.Headers.GetValues("Server-Timing").Single().ShouldMatch(@"^queue;dur=[\d.]+, decode;dur=2.0, infer;dur=3.0, encode;dur=[\d.]+, total;dur=[\d.]+$");
        var run = pod.Requests.ShouldHaveSingleItem();
        run.Image.ShouldBe(Images.Jpeg());
        run.Query.ShouldBe("?model=model-a");
    }

    [Fact]
    public async Task SamePicture_ByFormRawBodyOrOtherField_IsOneEntry()
    {
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await GatewayApp.StartAsync([pod]);

        (await Post(Images.Form("file"))).ShouldBe("miss");
        (await Post(Images.Form("image_file"))).ShouldBe("hit");
        (await Post(new ByteArrayContent(Images.Jpeg()))).ShouldBe("hit");
        (await Post(new ByteArrayContent(Images.Jpeg()), "?model=model-a&format=png")).ShouldBe("hit");
        (await Post(new ByteArrayContent(Images.Jpeg()), "?format=webp")).ShouldBe("mask");

        async Task<string> Post(HttpContent content, string query = "") =>
            (await gateway.Client.PostAsync("/v1/remove-background" + query, content)).Headers.GetValues("X-Cache").Single();
    }
}
