using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Rembg.Contract.Models;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Http;

/// <summary>A pod that draws with the masks of another, and has no model.</summary>
public class DrawingPodTests
{
    [Fact]
    public async Task Picture_IsThatOfThePodThatMadeTheMask()
    {
        await using var inference = await Pod.StartAsync();
        await using var drawing = await Pod.StartAsync("--Models:Role=Draw");
        using var alone = await inference.InferAsync(Photos.Rocket, "", ("X-Mask", "alone"));
        var mask = await alone.Content.ReadAsByteArrayAsync();

        foreach (var query in (string[])["", "?format=webp", "?crop=true&shadow=drop", "?channels=alpha"])
        {
            using var whole = await inference.InferAsync(Photos.Rocket, query);
            using var drawn = await drawing.InferAsync([.. Photos.Rocket, .. mask], query, ("X-Mask-Bytes", mask.Length.ToString(CultureInfo.InvariantCulture)));

            (await drawn.Content.ReadAsByteArrayAsync()).ShouldBe(await whole.Content.ReadAsByteArrayAsync(), query);
            drawn.Headers.GetValues("X-Version").ShouldBe(whole.Headers.GetValues("X-Version"));
            drawn.Headers.GetValues("X-Foreground").ShouldBe(whole.Headers.GetValues("X-Foreground"));
        }
    }

    [Fact]
    public async Task ImageWithoutAMask_IsForAnotherPod()
    {
        await using var drawing = await Pod.StartAsync("--Models:Role=Draw");
        using var answer = await drawing.InferAsync(Photos.Rocket);
        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.Headers.GetValues("X-Overload").ShouldBe(["draining"]);
    }

    [Fact]
    public async Task ModelsList_SaysThatNoneRuns()
    {
        await using var drawing = await Pod.StartAsync("--Models:Role=Draw");
        var model = (await drawing.Http.GetFromJsonAsync("/v1/models", ModelJson.Default.ModelList))!.Models.ShouldHaveSingleItem();
        model.Provider.ShouldBe("none");
        model.BatchSizes.ShouldBe([Environment.ProcessorCount]);
        (await drawing.MetricsAsync()).ShouldNotContain(line => line.StartsWith("rembg_inference_execution_provider{", StringComparison.Ordinal));
    }
}
