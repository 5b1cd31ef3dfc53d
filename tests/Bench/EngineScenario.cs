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
    private const int Width = 2000, Height = 1500, Clients = 4, Images = 16, BareRuns = 6, Rounds = 3;

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use";
        var jpeg = TestPhoto.Jpeg(Width, Height);
        await using var platform = await Platform.StartWithRealModelAsync(model, podArguments: ["--Batching:MaxBatchSize=1"]);
        await Load.CutAsync(platform.Http, TestPhoto.Unique(jpeg, -1));

        report.Line($"{model}, {Width} x {Height} JPEG of {jpeg.Length / 1e6:F1} MB; in turn, bare before and after each round of {Images} images by {Clients} clients.");
        report.Line();
        report.Row("round", "bare ONNX run, s", "bare image work over all cores, s", "platform, s an image", "platform over bare");
        report.Row("---:", "---:", "---:", "---:", "---:");
        var (rounds, before) = (new List<(double Efficiency, double Seconds)>(), Bare(model, jpeg));
        for (var round = 0; round < Rounds; round++)
        {
            // A machine that changes its speed meets both sides.
            var seconds = await PlatformSecondsAsync(platform.Http, jpeg, round);
            var after = Bare(model, jpeg);
            var (run, image) = ((before.Run + after.Run) / 2, (before.Image + after.Image) / 2);
            rounds.Add(((run + image) / seconds, seconds));
            report.Row($"{round + 1}", $"{run:F3}", $"{image:F3}", $"{seconds:F3}", $"{(run + image) / seconds:F3}");
            before = after;
        }
        report.Line();
        rounds.Sort();
        report.Figure("engine_efficiency", rounds[Rounds / 2].Efficiency, "images/s of the platform over those of the bare loop, median of the rounds; reach 0.95");
        report.Figure("engine_images_per_second", 1 / rounds[Rounds / 2].Seconds, "through the platform, same round");
    }

    private static (double Run, double Image) Bare(string model, byte[] jpeg)
    {
        var path = Path.Combine(RepositoryPaths.PreparedModels, model + ".onnx");
        var spec = ModelSpec.Read(Path.ChangeExtension(path, ".json"));
        using var session = new OnnxSession(path, spec, new ModelOptions { Provider = Provider.Cpu }, Environment.ProcessorCount, 1);
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
            CutoutEncoder.Plan(header, new Mask(spec.InputWidth, spec.InputHeight, mask), CutoutOptions.Default)
                .Write(jpeg, PipeWriter.Create(Stream.Null), CancellationToken.None);
        })[0] / 1000;
        return (run, image / Environment.ProcessorCount);
    }

    private static async Task<double> PlatformSecondsAsync(HttpClient http, byte[] jpeg, int round)
    {
        var next = 0;
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= Images;) await Load.CutAsync(http, TestPhoto.Unique(jpeg, round * Images + i));
        }));
        return Stopwatch.GetElapsedTime(started).TotalSeconds / Images;
    }
}
