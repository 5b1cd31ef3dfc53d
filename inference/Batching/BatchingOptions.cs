using System.ComponentModel.DataAnnotations;

namespace Rembg.Inference.Batching;

/// <summary>How requests become batches.</summary>
public sealed class BatchingOptions
{
    public const string Section = "Batching";

    /// <summary>Largest batch size that warm-up tries; the useful one is found by measuring.</summary>
    [Range(1, 64)] public int MaxBatchSize { get; set; } = 8;

    /// <summary>Fixes the batch sizes of a model by its name, e.g. <c>isnet-general-use: [1, 2, 4]</c>; nothing is measured then.</summary>
    public Dictionary<string, int[]> Sizes { get; set; } = [];

    /// <summary>File that keeps the batch sizes found on a CPU, so that the next start on the same machine does not measure them again. Without one, each start measures.</summary>
    public string? SizesFile { get; set; }

    /// <summary>Throughput that each larger batch size must gain at warm-up to be used, as a fraction.</summary>
    [Range(0.0, 1.0)] public double MinGain { get; set; } = 0.05;

    /// <summary>Seconds that one run may take; a batch size that takes longer is not used.</summary>
    [Range(0.001, 600)] public double LatencyTargetSeconds { get; set; } = 1;

    /// <summary>MiB of resident memory that the process may reach while batch sizes are tried; 0 takes 80 % of what the container has.</summary>
    [Range(0, int.MaxValue)] public int MemoryLimitMiB { get; set; }

    /// <summary>Milliseconds that an idle executor waits for a batch to fill. 0, the default, is best for latency and under load costs nothing: arrivals gather while a run is under way.</summary>
    [Range(0, 1000)] public int DelayMilliseconds { get; set; }

    /// <summary>Share of places that background work gets while interactive requests wait.</summary>
    [Range(0.01, 0.5)] public double BackgroundShare { get; set; } = 0.1;

    /// <summary>Runs at the same time; 0 takes 1 on a CPU, where each needs memory of its own, and 2 on a GPU, so that one is copied while one computes.</summary>
    [Range(0, 8)] public int Executors { get; set; }
}
