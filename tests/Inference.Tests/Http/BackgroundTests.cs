using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Inference.Tests.Imaging;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Http;

/// <summary>An image behind the subject, after the image in the body.</summary>
public sealed class BackgroundTests : IAsyncLifetime
{
    private static readonly string Hash = new('0', 64);
    private Pod _pod = null!;

    public async Task InitializeAsync() => _pod = await Pod.StartAsync();

    public async Task DisposeAsync() => await _pod.DisposeAsync();

    [Fact]
    public async Task Background_LiesBehindTheSubjectWithItsMaskAndWithout()
    {
        using var answer = await InferAsync(Photos.Astronaut, [], ("X-Mask", "beside"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var both = await answer.Content.ReadAsByteArrayAsync();
        var maskBytes = int.Parse(answer.Headers.GetValues("X-Mask-Bytes").Single(), CultureInfo.InvariantCulture);
        var (picture, mask) = (both[..^maskBytes], both[^maskBytes..]);

        double.Parse(answer.Headers.GetValues("X-Uncertainty").Single(), CultureInfo.InvariantCulture).ShouldBeInRange(0, 1);
        var cutout = Decoded.From(picture);
        cutout.ToRgba().Channel(3).ShouldAllBe(alpha => alpha == 255);
        using var drawn = await InferAsync(Photos.Astronaut, mask, ("X-Mask-Bytes", $"{maskBytes}"));
        (await drawn.Content.ReadAsByteArrayAsync()).ShouldBe(picture);
    }

    [Fact]
    public async Task Mask_IsThatOfTheImageAlone()
    {
        using var with = await InferAsync(Photos.Astronaut, [], ("X-Mask", "alone"));
        using var without = await _pod.InferAsync(Photos.Rocket, "", ("X-Mask", "alone"));
        (await with.Content.ReadAsByteArrayAsync()).ShouldBe(await without.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task FileThatCannotBeDecoded_IsRefusedByItsName()
    {
        var broken = ImageFactory.Png(Photos.Astronaut);
        broken.AsSpan(broken.Length / 2, 1000).Clear();
        foreach (var file in new[] { broken, "no image"u8.ToArray(), Photos.Astronaut[..1000] })
        {
            using var answer = await InferAsync(file, []);
            ((int)answer.StatusCode).ShouldBeInRange(400, 422);
            (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString()!.ShouldStartWith("bg_image: ");
        }
    }

    [Theory]
    [InlineData("5-abc", 400, "invalid_parameter")]
    [InlineData("-5-HASH", 400, "invalid_parameter")]
    [InlineData("2000000000-HASH", 413, "image_too_large")]
    [InlineData("20000000-HASH", 400, "missing_image")]
    public async Task LengthThatCannotBe_IsRefused(string value, int status, string code)
    {
        using var answer = await _pod.InferAsync(Photos.Rocket, $"?bg_image={value.Replace("HASH", Hash, StringComparison.Ordinal)}");
        ((int)answer.StatusCode).ShouldBe(status);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe(code);
    }

    private Task<HttpResponseMessage> InferAsync(byte[] background, byte[] mask, params (string, string)[] headers) =>
        _pod.InferAsync([.. Photos.Rocket, .. background, .. mask], $"?bg_image={background.Length}-{Hash}", headers);
}
