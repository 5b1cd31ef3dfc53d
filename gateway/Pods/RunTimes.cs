using System.Collections.Concurrent;

namespace Rembg.Gateway.Pods;

/// <summary>How long a pod's runs take, by model and number of images, as its answers say; the latest count most. Tells slow nodes from fast ones.</summary>
public sealed class RunTimes
{
    /// <summary>Weight of the newest run.</summary>
    private const double Smoothing = 0.2;

    /// <summary>What pods on the same kind of node may differ by.</summary>
    private const double NoiseThreshold = 1.3;

    private readonly ConcurrentDictionary<(string? Model, int Images), TimeSpan> _times = new();

    /// <param name="model">Null for the default.</param>
    /// <param name="images">In the run.</param>
    /// <param name="took">Zero when the pod did not say, which teaches nothing.</param>
    internal void Add(string? model, int images, TimeSpan took)
    {
        if (took > TimeSpan.Zero) _times.AddOrUpdate((model, images), took, (_, known) => known + Smoothing * (took - known));
    }

    /// <summary>
    /// How many times as long as another pod's they are, for the same work: runs of this model with as many images. 1 where they
    /// differ by no more than chance, or there are none in common yet.
    /// </summary>
    public double SpeedRatioTo(RunTimes other, string? model)
    {
        var (its, others) = (TimeSpan.Zero, TimeSpan.Zero);
        foreach (var (run, time) in _times)
        {
            if (run.Model != model || !other._times.TryGetValue(run, out var same)) continue;
            (its, others) = (its + time, others + same);
        }
        return others > TimeSpan.Zero && its / others is var ratio and (< 1 / NoiseThreshold or > NoiseThreshold) ? ratio : 1;
    }
}
