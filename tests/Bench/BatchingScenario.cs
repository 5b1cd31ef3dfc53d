using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Rembg.Contract;
using Rembg.Inference;
using Rembg.Inference.Batching;
using Rembg.Inference.Telemetry;

namespace Rembg.Bench;

/// <summary>
/// The batcher on a simulated accelerator, at 0.2, 0.8, 1.0 and 3 times its capacity: arrivals at random (Poisson, fixed
/// seed), each with a deadline; what the queue cannot answer in time is refused at the door, as the pod does it.
/// </summary>
internal static class BatchingScenario
{
    private const int MaxBatch = 8;
    private static readonly TimeSpan FixedCost = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PerImage = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(6);

    private sealed record Load(double Factor, int Offered, int Done, int Shed, double Seconds, double[] Latencies)
    {
        public double PerSecond => Done / Seconds;
        public double Percentile(double p) => Latencies.Length == 0 ? 0 : Latencies[(int)Math.Min(Latencies.Length - 1, p * Latencies.Length)];
    }

    public static async Task RunAsync(Report report)
    {
        var best = MaxBatch / (FixedCost + MaxBatch * PerImage).TotalSeconds;
        report.Line($"Accelerator: {FixedCost.TotalMilliseconds} + {PerImage.TotalMilliseconds}·n ms a batch, up to {MaxBatch}: at best {best:F1} images/s. Deadline {Deadline.TotalMilliseconds} ms.");
        report.Line();
        report.Row("load", "offered", "images/s", "of the possible", "p50 ms", "p99 ms", "shed");
        report.Row("---", "---:", "---:", "---:", "---:", "---:", "---:");
        Load? saturated = null, full = null;
        foreach (var factor in new[] { 0.2, 0.8, 1.0, 3.0 })
        {
            var load = await DriveAsync(factor, best * factor);
            report.Row($"{factor:F1}×", $"{load.Offered}", $"{load.PerSecond:F1}", $"{load.PerSecond / Math.Min(best, best * factor):P1}",
                $"{load.Percentile(0.5):F1}", $"{load.Percentile(0.99):F1}", $"{(double)load.Shed / load.Offered:P1}");
            if (factor == 1.0) full = load;
            if (factor == 3.0) saturated = load;
        }
        var idle = await IdleAddedAsync();
        report.Line();
        report.Figure("batching_efficiency", saturated!.PerSecond / best, "at 3 times capacity, throughput over the best possible; reach 0.95");
        report.Figure("overload_p99_over_full", saturated.Percentile(0.99) / full!.Percentile(0.99), "p99 of accepted requests at 3 times capacity over that at capacity");
        report.Figure("idle_added_ms", idle, "median that a lone request waits on top of its run; reach 1");
    }

    private static async Task<Load> DriveAsync(double factor, double perSecond)
    {
        using var accelerator = new SimulatedAccelerator(FixedCost, PerImage);
        using var meter = new Meter("bench");
        await using var batcher = Start(accelerator, meter);
        var (random, latencies, shed, offered) = (new Random(1), new List<double>(), 0, 0);
        var answers = new List<Task>();
        var started = Stopwatch.GetTimestamp();
        var next = 0.0;
        while (next < Length.TotalSeconds)
        {
            var wait = TimeSpan.FromSeconds(next) - Stopwatch.GetElapsedTime(started);
            if (wait > TimeSpan.FromMilliseconds(1)) await Task.Delay(wait, TimeProvider.System);
            answers.Add(RequestAsync());
            offered++;
            next += -Math.Log(1 - random.NextDouble()) / perSecond;
        }
        await Task.WhenAll(answers);
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return new Load(factor, offered, latencies.Count, shed, seconds, [.. latencies.Order()]);

        async Task RequestAsync()
        {
            var arrived = Stopwatch.GetTimestamp();
            try
            {
                if (batcher.EstimateWait(Priority.Interactive) > Deadline)
                {
                    Interlocked.Increment(ref shed);
                    return;
                }
                await batcher.RunAsync([], Priority.Interactive, Contract.Deadline.After(Deadline, TimeProvider.System), CancellationToken.None);
                lock (latencies) latencies.Add(Stopwatch.GetElapsedTime(arrived).TotalMilliseconds);
            }
            catch (DroppedException)
            {
                Interlocked.Increment(ref shed);
            }
        }
    }

    private static async Task<double> IdleAddedAsync()
    {
        using var accelerator = new SimulatedAccelerator(FixedCost, PerImage);
        using var meter = new Meter("bench");
        await using var batcher = Start(accelerator, meter);
        var added = new List<double>();
        for (var i = 0; i < 60; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await batcher.RunAsync([], Priority.Interactive, Contract.Deadline.After(Deadline, TimeProvider.System), CancellationToken.None);
            added.Add((Stopwatch.GetElapsedTime(started) - accelerator.Cost(1)).TotalMilliseconds);
        }
        return added.Order().ElementAt(added.Count / 2);
    }

    private static Batcher Start(SimulatedAccelerator accelerator, Meter meter)
    {
        var cost = new CostModel();
        foreach (var size in new[] { 1, 2, 4, MaxBatch }) cost.Learn(size, accelerator.Cost(size));
        return new Batcher(accelerator, new BatchSizes([1, 2, 4, MaxBatch]), 1, new BatchingOptions(), cost,
            new BatcherMetrics(meter, "simulated", NullLogger.Instance), TimeProvider.System);
    }
}
