using System.Net;
using NetVips;
using Rembg.Testing;

namespace Rembg.Platform.Tests;

/// <summary>The main job with the real weights, through gateway and pod, against the reference implementation's masks.</summary>
public sealed class CutoutQualityTests : IAsyncLifetime
{
    private Testing.Platform _platform = null!;

    public async Task InitializeAsync() => _platform = await Testing.Platform.StartWithRealModelAsync(podArguments: ["--Batching:MaxBatchSize=1"]);

    [Fact]
    public async Task EveryPhoto_HasTheMaskOfTheReference()
    {
        foreach (var name in Photos.Names)
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(Photos.Read(name)), "file", name } };
            using var answer = await _platform.Http.PostAsync("/v1/remove-background", form);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, name);

            answer.Headers.GetValues("Server-Timing").ShouldHaveSingleItem().ShouldMatch(@"^queue;dur=[\d.]+, decode;dur=[\d.]+, infer;dur=[\d.]+, mask;dur=[\d.]+, encode;dur=[\d.]+, total;dur=[\d.]+$");

            using var cutout = Image.NewFromBuffer(await answer.Content.ReadAsByteArrayAsync());
            using var reference = Image.NewFromBuffer(Photos.ReferenceMask(name));
            (cutout.Width, cutout.Height, cutout.Bands).ShouldBe((reference.Width, reference.Height, 4), name);
            using var alphaBand = cutout[3];
            var (alpha, expected) = (alphaBand.WriteToMemory<byte>(), reference.WriteToMemory<byte>());
            var mae = alpha.Zip(expected, (a, b) => Math.Abs(a - b) / 255.0).Average();
            var iou = alpha.Zip(expected, Math.Min).Sum(v => (double)v) / alpha.Zip(expected, Math.Max).Sum(v => (double)v);
            Console.WriteLine($"{name}: IoU {iou:F4}, MAE {mae:F4}");
            iou.ShouldBeGreaterThanOrEqualTo(0.97, name);
            mae.ShouldBeLessThanOrEqualTo(0.02, name);

            var pixels = cutout.WriteToMemory<byte>();
            for (var at = 0; at < pixels.Length; at += 4)
                if (pixels[at + 3] == 0) (pixels[at] | pixels[at + 1] | pixels[at + 2]).ShouldBe(0, "what was removed is really gone");
        }
    }

    public async Task DisposeAsync() => await _platform.DisposeAsync();
}
