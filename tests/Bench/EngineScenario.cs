using System.Diagnostics;
using System.IO.Pipelines;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Models;
using Rembg.Inference.Imaging;
using Rembg.Inference.Models;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>
/// Images a second through the running platform (gateway and pod, two processes) against what the same cores give
/// without one: a bare loop of ONNX runs, plus the bare image work spread over the cores.
/// </summary>
internal static class EngineScenario
{
    private const int Width = 2000, Height = 1500, Clients = 4, Images = 24, BareRuns = 6;

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use";
        var jpeg = TestPhoto.Jpeg(Width, Height);

        // The bare loop before and after, so that a machine that changes its speed meets both sides.
        var before = Bare(model, jpeg);
        var platform = await PlatformSecondsAsync(model, jpeg);
        var after = Bare(model, jpeg);
        var (run, image) = ((before.Run + after.Run) / 2, (before.Image + after.Image) / 2);

        report.Line($"{model}, {Width} x {Height} JPEG of {jpeg.Length / 1e6:F1} MB, {Images} images by {Clients} clients.");
        report.Line();
        report.Row("", "seconds an image", "images/s");
        report.Row("---", "---:", "---:");
        report.Row("bare ONNX run", $"{run:F3}", $"{1 / run:F2}");
        report.Row("bare image work, over all cores", $"{image:F3}", "");
        report.Row("bare, together", $"{run + image:F3}", $"{1 / (run + image):F2}");
        report.Row("platform", $"{platform:F3}", $"{1 / platform:F2}");
        report.Line();
        report.Figure("engine_efficiency", (run + image) / platform, "platform over bare; reach 0.95");
        report.Figure("engine_images_per_second", 1 / platform, "through the platform");
    }

    private static (double Run, double Image) Bare(string model, byte[] jpeg)
    {
        var path = Path.Combine(RepositoryPaths.PreparedModels, model + ".onnx");
        var spec = ModelSpec.Read(Path.ChangeExtension(path, ".json"));
        using var session = new OnnxSession(path, spec, new ModelOptions { Provider = Provider.Cpu }, 1);
        var (buffers, input) = (new RunBuffers(spec, 1), new byte[session.InputBytes]);
        var header = ImageHeader.Read(jpeg, new());
        byte[] mask = [];

        InputImage.Decode(jpeg, header, spec.InputWidth, spec.InputHeight, input);
        Normalization.ToInput(input, spec, buffers.InputOf(0));
        session.Run(buffers, 1);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < BareRuns; i++)
        {
            Normalization.ToInput(input, spec, buffers.InputOf(0));
            session.Run(buffers, 1);
            mask = Normalization.ToMask(buffers.OutputOf(0), spec.Activation);
        }
        var run = Stopwatch.GetElapsedTime(started).TotalSeconds / BareRuns;

        var image = CpuTime.Measure(5, () =>
        {
            InputImage.Decode(jpeg, header, spec.InputWidth, spec.InputHeight, input);
            Cutout.Plan(header, new Mask(spec.InputWidth, spec.InputHeight, mask), CutoutOptions.Default)
                .WriteAsync(jpeg, PipeWriter.Create(Stream.Null), CancellationToken.None).GetAwaiter().GetResult();
        })[0] / 1000;
        return (run, image / Environment.ProcessorCount);
    }

    private static async Task<double> PlatformSecondsAsync(string model, byte[] jpeg)
    {
        await using var platform = await Platform.StartWithRealModelAsync(model, podArguments: ["--Batching:MaxBatchSize=1"]);
        await Load.CutAsync(platform.Http, TestPhoto.Unique(jpeg, -1));
        var next = 0;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= Images;) await Load.CutAsync(platform.Http, TestPhoto.Unique(jpeg, i));
        }));
        return Stopwatch.GetElapsedTime(started).TotalSeconds / Images;
    }
}
