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
/// without one: a bare loop of ONNX runs, plus the bare image work spread over the cores. In full precision and in int8, and with a
/// run on each core, in turns.
/// </summary>
internal static class EngineScenario
{
    private const int Width = 2000, Height = 1500, Clients = 4, Images = 16, BareRuns = 6, Rounds = 3;

    private static readonly (string Name, Precision Precision, int Executors)[] Candidates =
        [("full", Precision.Full, 1), ("int8", Precision.Int8, 1), ("int8, a run a core", Precision.Int8, Environment.ProcessorCount)];

    /// <summary>Seconds an image.</summary>
    private sealed record Round(double Run, double Image, double Platform, double Cpu)
    {
        public double Efficiency => (Run + Image) / Platform;
    }

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use";
        var jpeg = TestPhoto.Jpeg(Width, Height);
        report.Line($"{model}, {Width} x {Height} JPEG of {jpeg.Length / 1e6:F1} MB; in turns, bare before and after {Images} images by {Clients} clients.");
        report.Line();
        report.Row("pod", "round", "bare ONNX run, s", "bare image work over all cores, s", "platform, s an image", "platform over bare", "CPU of the pod, s an image");
        report.Row("---", "---:", "---:", "---:", "---:", "---:", "---:");
        // All are up at once and one has work, so that a machine that changes its speed meets each of them.
        var platforms = new List<Platform>();
        try
        {
            foreach (var (_, precision, executors) in Candidates) platforms.Add(await StartAsync(model, precision, executors));
            var rounds = Candidates.Select(_ => new List<Round>()).ToArray();
            for (var round = 0; round < Rounds; round++)
                for (var i = 0; i < Candidates.Length; i++)
                {
                    var measured = await MeasureAsync(model, Candidates[i].Precision, platforms[i], jpeg, round);
                    rounds[i].Add(measured);
                    report.Row(Candidates[i].Name, $"{round + 1}", $"{measured.Run:F3}", $"{measured.Image:F3}", $"{measured.Platform:F3}", $"{measured.Efficiency:F3}", $"{measured.Cpu:F2}");
                }
            report.Line();
            Summarize(report, rounds, [.. platforms.Select(platform => platform.Pods[0].PeakResidentBytes / 1048576.0)]);
        }
        finally
        {
            foreach (var platform in platforms) await platform.DisposeAsync();
        }
    }

    /// <param name="rounds">Of each of <see cref="Candidates"/>.</param>
    /// <param name="peaks">Highest resident MiB of each one's pod.</param>
    private static void Summarize(Report report, List<Round>[] rounds, double[] peaks)
    {
        const int Full = 0, Int8 = 1, ARunACore = 2;
        report.Figure("engine_efficiency", Median(Int8, round => round.Efficiency), "int8: images/s of the platform over those of the bare loop, median of the rounds; reach 0.95");
        report.Figure("engine_efficiency_full", Median(Full, round => round.Efficiency), "the same in full precision");
        report.Figure("engine_images_per_second", 1 / Median(Int8, round => round.Platform), "int8, through the platform");
        report.Figure("engine_int8_over_full", Median(Full, round => round.Platform) / Median(Int8, round => round.Platform), "images/s of int8 over those of full precision; reach 2.2");
        report.Figure("engine_run_a_core_over_full", Median(Full, round => round.Platform) / Median(ARunACore, round => round.Platform), "the same of int8 with a run on each core");
        report.Figure("engine_cpu_full_over_int8", Median(Full, round => round.Cpu) / Median(Int8, round => round.Cpu), "CPU of the pod an image");
        report.Figure("engine_pod_peak_mib_full", peaks[Full], "highest resident memory of the pod in full precision");
        report.Figure("engine_pod_peak_mib", peaks[Int8], "the same in int8");
        report.Figure("engine_pod_peak_mib_run_a_core", peaks[ARunACore], "the same in int8 with a run on each core");

        double Median(int candidate, Func<Round, double> value) => rounds[candidate].Select(value).Order().ElementAt(Rounds / 2);
    }

    private static async Task<Platform> StartAsync(string model, Precision precision, int executors)
    {
        var platform = await Platform.StartWithRealModelAsync(model, podArguments: ["--Batching:MaxBatchSize=1", $"--Batching:Executors={executors}", $"--Models:Precision={precision}"]);
        for (var i = 0; i < executors; i++) await Load.CutAsync(platform.Http, TestPhoto.Unique(TestPhoto.Jpeg(320, 240), i));
        return platform;
    }

    private static async Task<Round> MeasureAsync(string model, Precision precision, Platform platform, byte[] jpeg, int round)
    {
        var before = Bare(model, precision, jpeg);
        var (seconds, cpu) = await PlatformSecondsAsync(platform, jpeg, round);
        var after = Bare(model, precision, jpeg);
        return new((before.Run + after.Run) / 2, (before.Image + after.Image) / 2, seconds, cpu);
    }

    private static (double Run, double Image) Bare(string model, Precision precision, byte[] jpeg)
    {
        using var session = Sessions.Open(model, precision);
        var spec = session.Spec;
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

    private static async Task<(double Seconds, double Cpu)> PlatformSecondsAsync(Platform platform, byte[] jpeg, int round)
    {
        var next = 0;
        var (started, cpu) = (Stopwatch.GetTimestamp(), platform.Pods[0].CpuTime);
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= Images;) await Load.CutAsync(platform.Http, TestPhoto.Unique(jpeg, round * Images + i));
        }));
        return (Stopwatch.GetElapsedTime(started).TotalSeconds / Images, (platform.Pods[0].CpuTime - cpu).TotalSeconds / Images);
    }
}
