using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Contract.Models;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Http;

/// <summary>Masks between gateway and pod.</summary>
public sealed class MaskTests : IAsyncLifetime
{
    private Pod _pod = null!;

    public async Task InitializeAsync() => _pod = await Pod.StartAsync("--Models:Names=tiny,small");

    public async Task DisposeAsync() => await _pod.DisposeAsync();

    [Fact]
    public async Task AnswerThatIsNotAskedForIt_HasNoMask()
    {
        using var answer = await _pod.InferAsync(Photos.Rocket);
        answer.Headers.Contains("X-Mask-Bytes").ShouldBeFalse();
        answer.Headers.Contains("X-Mask-Version").ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("?format=webp&size=preview")]
    [InlineData("?format=jpg&bg_color=red")]
    [InlineData("?format=zip")]
    [InlineData("?channels=alpha")]
    [InlineData("?post_process_mask=true")]
    [InlineData("?crop=true&crop_margin=10px&shadow=drop")]
    [InlineData("?roi=10%25 10%25 80%25 90%25&output_size=300x300")]
    [InlineData("?model=small")]
    public async Task Picture_IsTheSameBesideItsMaskAndDrawnWithIt(string query)
    {
        var alone = await BytesAsync(await _pod.InferAsync(Photos.Rocket, query));
        var (picture, mask) = await WithMaskAsync(query);
        picture.ShouldBe(alone);

        var runs = await RunsAsync();
        using var drawn = await DrawAsync(mask, query);
        (await BytesAsync(drawn)).ShouldBe(alone);
        (await RunsAsync()).ShouldBe(runs, "no model runs");
        drawn.Headers.Contains("X-Batch-Size").ShouldBeFalse();
        drawn.Headers.GetValues("Server-Timing").Single().ShouldMatch(@"^mask;dur=[\d.]+$");
    }

    [Fact]
    public async Task MaskAlone_IsThatOfThePicture()
    {
        var (_, mask) = await WithMaskAsync("");
        using var alone = await _pod.InferAsync(Photos.Rocket, "", ("X-Mask", "alone"));
        var bytes = await BytesAsync(alone);
        bytes.ShouldBe(mask);
        alone.Headers.GetValues("X-Mask-Bytes").ShouldBe([$"{mask.Length}"]);
        alone.Headers.GetValues("Server-Timing").Single().ShouldContain("infer;dur=");
    }

    [Fact]
    public async Task MaskVersion_IsThatOfTheModelsList()
    {
        var models = (await _pod.Http.GetFromJsonAsync("/v1/models", ModelJson.Default.ModelList))!.Models;
        models.Select(model => model.MaskVersion.ShouldNotBeNull()).Distinct().Count().ShouldBe(2);
        foreach (var model in models)
        {
            using var answer = await _pod.InferAsync(Photos.Rocket, $"?model={model.Name}", ("X-Mask", "beside"));
            answer.Headers.GetValues("X-Mask-Version").ShouldBe([model.MaskVersion!]);
        }
    }

    [Fact]
    public async Task MaskOfAnotherModel_IsRefused()
    {
        var (_, mask) = await WithMaskAsync("");
        await RefusedAsync(await DrawAsync(mask, "?model=small"), "invalid_mask");
    }

    [Fact]
    public async Task DamagedMask_IsRefused()
    {
        var (_, mask) = await WithMaskAsync("");
        mask[^20] ^= 1;
        await RefusedAsync(await DrawAsync(mask), "invalid_mask");
        await RefusedAsync(await DrawAsync("no mask"u8.ToArray()), "invalid_mask");
    }

    [Theory]
    [InlineData("X-Mask", "please", "invalid_parameter")]
    [InlineData("X-Mask-Bytes", "-1", "invalid_parameter")]
    [InlineData("X-Mask-Bytes", "many", "invalid_parameter")]
    [InlineData("X-Mask-Bytes", "2000000000", "invalid_mask")]
    public async Task HeaderThatIsNone_IsRefused(string header, string value, string code) =>
        await RefusedAsync(await _pod.InferAsync(Photos.Rocket, "", (header, value)), code);

    [Fact]
    public async Task BodyThatIsNothingButAMask_HasNoImage()
    {
        var (_, mask) = await WithMaskAsync("");
        await RefusedAsync(await _pod.InferAsync(mask, "", ("X-Mask-Bytes", $"{mask.Length}")), "missing_image");
    }

    private async Task<(byte[] Picture, byte[] Mask)> WithMaskAsync(string query)
    {
        using var answer = await _pod.InferAsync(Photos.Rocket, query, ("X-Mask", "beside"));
        var maskBytes = int.Parse(answer.Headers.GetValues("X-Mask-Bytes").Single(), CultureInfo.InvariantCulture);
        var both = await BytesAsync(answer);
        return (both[..^maskBytes], both[^maskBytes..]);
    }

    private Task<HttpResponseMessage> DrawAsync(byte[] mask, string query = "") =>
        _pod.InferAsync([.. Photos.Rocket, .. mask], query, ("X-Mask-Bytes", $"{mask.Length}"));

    private async Task<int> RunsAsync() =>
        (await _pod.MetricsAsync()).Where(line => line.StartsWith("rembg_inference_batch_size_count", StringComparison.Ordinal)).Sum(line => int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture));

    private static async Task<byte[]> BytesAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static async Task RefusedAsync(HttpResponseMessage answer, string code)
    {
        using var own = answer;
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString().ShouldBe(code);
    }
}
