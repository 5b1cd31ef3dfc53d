using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using Microsoft.Extensions.Logging.Abstractions;
using Rembg.Contract;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Batching;
using Rembg.Inference.Imaging;
using Rembg.Inference.Telemetry;

namespace Rembg.Bench;

/// <summary>
/// Four cores beside a device of 300 images/s, with 12-megapixel photos: how much of the device is used when they also draw, and when
/// drawing pods do. The batcher and the times of decoding and drawing are real, measured here; device and cores are simulated: a core
/// is taken for that time, so that the scenario needs no more cores than it finds.
/// </summary>
internal static class DrawingScenario
{
    private const int Width = 4000, Height = 3000, ModelSide = 1024, Cores = 4, Rounds = 7;
    private static readonly int[] Sizes = [1, 2, 4, 8, 16, 32];
    private static readonly TimeSpan FixedCost = TimeSpan.FromMilliseconds(10), PerImage = TimeSpan.FromMilliseconds(3), Length = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(Report report)
    {
        var jpeg = TestPhoto.Jpeg(Width, Height);
        var (mask, header, input) = (TestPhoto.Mask(ModelSide, ModelSide), ImageHeader.Read(jpeg, new()), new byte[ModelSide * ModelSide * 3]);
        var cpu = CpuTime.Measure(Rounds, () => InputImage.Decode(jpeg, header, ModelSide, ModelSide, input), () => Draw(header, mask, jpeg));
        var best = Sizes[^1] / (FixedCost + Sizes[^1] * PerImage).TotalSeconds;
        report.Line($"Device: {FixedCost.TotalMilliseconds} + {PerImage.TotalMilliseconds}·n ms a batch, up to {Sizes[^1]}: at best {best:F0} images/s. {Cores} cores beside it, {Cores} in each drawing pod. Measured: {cpu[0]:F0} ms of a core to decode the model's input, {cpu[1]:F0} ms to draw a {Width} x {Height} PNG.");
        report.Line();
        report.Row("drawing pods", "images/s", "share of the device in use");
        report.Row("---", "---:", "---:");
        var rates = new Dictionary<int, double>();
        foreach (var pods in new[] { 0, 1, 2, 4, 8, 16 })
        {
            rates[pods] = await SimulateAsync(pods, TimeSpan.FromMilliseconds(cpu[0]), TimeSpan.FromMilliseconds(cpu[1]));
            report.Row(pods == 0 ? "none: one pool" : $"{pods}", $"{rates[pods]:F1}", $"{rates[pods] / best:P1}");
        }
        report.Line();
        report.Figure("drawing_pool_gain_4", rates[4] / rates[0], "images/s with 4 drawing pods over one pool");
        report.Figure("drawing_device_share_one_pool", rates[0] / best, "share of the device in use with one pool");
        report.Figure("drawing_device_share_16", rates[16] / best, "the same with 16 drawing pods, where the cores beside the device still decode the model's input");
    }

    /// <returns>Images a second, for as many clients as keep every core busy.</returns>
    private static async Task<double> SimulateAsync(int pods, TimeSpan decode, TimeSpan draw)
    {
        using var accelerator = new SimulatedAccelerator(FixedCost, PerImage);
        using var meter = new Meter("bench");
        var cost = new CostModel();
        foreach (var size in Sizes) cost.Learn(size, accelerator.Cost(size));
        await using var batcher = new Batcher(accelerator, new BatchSizes(Sizes), 1, new BatchingOptions(), cost, new BatcherMetrics(meter, "simulated", NullLogger.Instance), TimeProvider.System);
        using var beside = new SemaphoreSlim(Cores);
        using var drawing = pods > 0 ? new SemaphoreSlim(pods * Cores) : null;
        var (images, started) = (0, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, 2 * (Cores + pods * Cores)).Select(async _ =>
        {
            while (Stopwatch.GetElapsedTime(started) < Length)
            {
                await OccupyAsync(beside, decode);
                await batcher.RunAsync([], Priority.Interactive, Deadline.After(TimeSpan.FromMinutes(1), TimeProvider.System), CancellationToken.None);
                await OccupyAsync(drawing ?? beside, draw);
                Interlocked.Increment(ref images);
            }
        }));
        return images / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task OccupyAsync(SemaphoreSlim cores, TimeSpan time)
    {
        await cores.WaitAsync();
        await Task.Delay(time, TimeProvider.System);
        cores.Release();
    }

    private static void Draw(ImageHeader header, Mask mask, byte[] file)
    {
        var pipe = PipeWriter.Create(Stream.Null, new(leaveOpen: true));
        CutoutEncoder.Plan(header, mask, CutoutOptions.Default).Write(file, pipe, CancellationToken.None);
        pipe.Complete();
    }
}
