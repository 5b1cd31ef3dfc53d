using System.Collections.Concurrent;

namespace Rembg.Gateway.Pods;

/// <summary>How long a pod's runs take, by model and number of images, as its answers say; the latest count most. Tells slow nodes from fast ones.</summary>
public sealed class RunTimes
{
    /// <summary>Weight of the newest run.</summary>
    private const double Smoothing = 0.2;

    /// <summary>What pods on the same kind of node may differ by.</summary>
    private const double NoiseThreshold = 1.3;

    /// <summary>No pod runs more images at once; what says so is wrong.</summary>
    private const int MaxImages = 4096;

    /// <summary>After this time without a run, what was known counts no more: a pod that was slow gets runs again, to show what it does now.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(string? Model, int Images), Known> _times = new();

    /// <param name="model">Null for the default.</param>
    /// <param name="images">In the run.</param>
    /// <param name="took">Zero when the pod did not say, which teaches nothing.</param>
    internal void Add(string? model, int images, TimeSpan took, TimeProvider time)
    {
        if (took <= TimeSpan.Zero || images > MaxImages) return;
        var newest = new Known(took, time.GetTimestamp());
        _times.AddOrUpdate((model, images), newest, (_, known) => IsOld(known, time) ? newest : newest with { Mean = known.Mean + Smoothing * (took - known.Mean) });
    }

    /// <summary>
    /// How many times as long as another pod's they are, for the same work: runs of this model with as many images. 1 where they
    /// differ by no more than chance, or there are none in common that are recent.
    /// </summary>
    public double SpeedRatioTo(RunTimes other, string? model, TimeProvider time)
    {
        var (its, others) = (TimeSpan.Zero, TimeSpan.Zero);
        foreach (var (run, known) in _times)
        {
            if (run.Model != model || IsOld(known, time) || !other._times.TryGetValue(run, out var same) || IsOld(same, time)) continue;
            (its, others) = (its + known.Mean, others + same.Mean);
        }
        return others > TimeSpan.Zero && its / others is var ratio and (< 1 / NoiseThreshold or > NoiseThreshold) ? ratio : 1;
    }

    private static bool IsOld(Known known, TimeProvider time) => time.GetElapsedTime(known.At) > Life;

    private sealed record Known(TimeSpan Mean, long At);
}
