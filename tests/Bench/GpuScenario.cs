using System.Diagnostics;
using System.Globalization;
using Rembg.Contract.Models;
using Rembg.Inference.Imaging;
using Rembg.Inference.Models;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>
/// What a GPU does: the same masks as the CPU, images a second by batch size, and the whole platform with few and many cores beside
/// the device. Needs a build with <c>-p:Accelerator=cuda</c> and a CUDA device; says so in a line where there is none.
/// </summary>
internal static class GpuScenario
{
    private const int Width = 4000, Height = 3000, Images = 192, Clients = 48, Runs = 12;
    private static readonly int[] BatchSizes = [1, 2, 4, 8, 16];

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use";
        if (Open(model, Provider.Cuda, out var reason) is not { } gpu)
        {
            report.Line($"Not run: {reason}");
            return;
        }
        using (gpu)
        {
            report.Line($"Device: {Query("name,driver_version,memory.total")}");
            report.Line();
            CompareMasks(report, model, gpu);
            MeasureBatches(report, gpu.Spec, gpu);
        }
        await MeasurePlatformAsync(report);
    }

    private static OnnxSession? Open(string model, Provider provider, out string reason)
    {
        reason = "";
        try
        {
            return Sessions.Open(model, Precision.Full, provider, BatchSizes[^1]);
        }
        catch (ModelException exception)
        {
            reason = exception.Message;
            return null;
        }
    }

    private static void CompareMasks(Report report, string model, OnnxSession gpu)
    {
        using var cpu = Open(model, Provider.Cpu, out _)!;
        report.Row("image", "IoU of GPU and CPU masks", "mean difference, of 255", "largest difference, of 255");
        report.Row("---", "---:", "---:", "---:");
        var least = 1.0;
        foreach (var name in Photos.Names)
        {
            var (expected, actual) = (Mask(cpu, name), Mask(gpu, name));
            var differences = expected.Zip(actual, (one, other) => Math.Abs(one - other)).ToArray();
            var both = expected.Zip(actual, (one, other) => one >= 128 && other >= 128).Count(inside => inside);
            var either = expected.Zip(actual, (one, other) => one >= 128 || other >= 128).Count(inside => inside);
            var overlap = (double)both / either;
            least = Math.Min(least, overlap);
            report.Row(name, $"{overlap:F4}", $"{differences.Average():F3}", $"{differences.Max()}");
        }
        report.Line();
        report.Figure("gpu_mask_iou", least, "IoU of the GPU's and the CPU's mask, the least of the photos");
    }

    private static byte[] Mask(OnnxSession session, string name)
    {
        var (spec, buffers, photo) = (session.Spec, new RunBuffers(session.Spec, 1), Photos.Read(name));
        var input = new byte[session.InputBytes];
        InputImage.Decode(photo, ImageHeader.Read(photo, new()), spec.InputWidth, spec.InputHeight, input);
        Normalization.ToInput(input, spec, buffers.InputOf(0));
        session.Run(buffers, 1);
        return Normalization.ToMask(buffers.OutputOf(0), spec.Activation);
    }

    private static void MeasureBatches(Report report, ModelSpec spec, OnnxSession gpu)
    {
        report.Line();
        report.Line("Bare runs, the copies to the device and back included:");
        report.Line();
        report.Row("batch", "ms a run", "images/s");
        report.Row("---:", "---:", "---:");
        var best = 0.0;
        foreach (var size in BatchSizes)
        {
            var buffers = new RunBuffers(spec, size);
            for (var place = 0; place < size; place++) new Random(place).NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(buffers.InputOf(place))[..1]);
            for (var i = 0; i < 3; i++) gpu.Run(buffers, size);
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Runs; i++) gpu.Run(buffers, size);
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds / Runs;
            best = Math.Max(best, size / seconds);
            report.Row($"{size}", $"{seconds * 1000:F1}", $"{size / seconds:F0}");
        }
        report.Line();
        report.Line($"Device memory in use after the largest batch: {Query("memory.used")}");
        report.Figure("gpu_images_per_second", best, "of bare runs at the best batch size");
    }

    private static async Task MeasurePlatformAsync(Report report)
    {
        var jpeg = TestPhoto.Jpeg(Width, Height);
        report.Line();
        report.Line($"Gateway and one pod, {Images} JPEGs of {Width} x {Height} ({jpeg.Length / 1e6:F1} MB) by {Clients} clients; the pod has so many cores:");
        report.Line();
        report.Row("cores", "images/s", "device in use, %", "batch sizes found", "pod's memory, MiB");
        report.Row("---:", "---:", "---:", "---", "---:");
        foreach (var cores in new[] { 4, 8, 16 }.Where(cores => cores <= Environment.ProcessorCount))
        {
            await using var platform = await Platform.StartWithRealModelAsync(
                podArguments: ["--Models:Provider=Cuda", "--Admission:MaxRequests=256", "--Images:MaxPixels=50000000"],
                gatewayArguments: ["--Uploads:ClientShare=1"], // all load comes from one address
                podEnvironment: new() { ["DOTNET_PROCESSOR_COUNT"] = cores.ToString(CultureInfo.InvariantCulture) });
            Taskset(platform.Pods[0].Id, cores);
            for (var i = 0; i < 4; i++) await Load.CutAsync(platform.Http, TestPhoto.Unique(jpeg, -1 - i));
            var sizes = await platform.Http.GetStringAsync("/v1/models");

            using var done = new CancellationTokenSource();
            var watching = WatchDeviceAsync(done.Token);
            var (next, started) = (0, Stopwatch.GetTimestamp());
            await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) <= Images;) await Load.CutAsync(platform.Http, TestPhoto.Unique(jpeg, i));
            }));
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            await done.CancelAsync();
            report.Row($"{cores}", $"{Images / seconds:F1}", $"{await watching:F0}", System.Text.RegularExpressions.Regex.Match(sizes, @"\[[\d,]+\]").Value, $"{platform.Pods[0].PeakResidentBytes >> 20}");
            report.Figure($"gpu_platform_images_per_second_{cores}_cores", Images / seconds, $"12-megapixel PNG cutouts through the platform with {cores} cores");
        }
        report.Line();
    }

    private static async Task<double> WatchDeviceAsync(CancellationToken done)
    {
        var samples = new List<double>();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        try
        {
            while (await timer.WaitForNextTickAsync(done))
                if (double.TryParse(Query("utilization.gpu").Split(' ')[0], CultureInfo.InvariantCulture, out var share)) samples.Add(share);
        }
        catch (OperationCanceledException)
        {
        }
        return samples.DefaultIfEmpty(0).Average();
    }

    private static void Taskset(int process, int cores) => Output("taskset", "-apc", $"0-{cores - 1}", process.ToString(CultureInfo.InvariantCulture));

    private static string Query(string what) => Output("nvidia-smi", $"--query-gpu={what}", "--format=csv,noheader");

    private static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text.Trim();
    }
}
