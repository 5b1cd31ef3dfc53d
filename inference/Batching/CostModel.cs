namespace Rembg.Inference.Batching;

/// <summary>
/// Learns what a batch of n costs: seconds = a + b·n. The fit is Theil–Sen over the median of each batch size's recent
/// runs, so that a few runs disturbed by other work on the machine do not move it. (BentoML's dispatcher has the same
/// model with least squares, which they do move.)
/// </summary>
public sealed class CostModel
{
    private const int Remembered = 15;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<int, Queue<double>> _runs = [];
    private double _fixed;
    private double _perImage;

    /// <summary>Records that a run at this batch dimension took this long.</summary>
    public void Learn(int batchSize, TimeSpan took)
    {
        lock (_lock)
        {
            if (!_runs.TryGetValue(batchSize, out var runs)) _runs[batchSize] = runs = new Queue<double>();
            if (runs.Count == Remembered) runs.Dequeue();
            runs.Enqueue(took.TotalSeconds);
            Fit();
        }
    }

    /// <summary>Expected duration of a run; zero while nothing is known, so that nobody is refused on a guess.</summary>
    public TimeSpan Estimate(int batchSize)
    {
        lock (_lock) return TimeSpan.FromSeconds(_fixed + _perImage * batchSize);
    }

    private void Fit()
    {
        var points = _runs.Select(r => (Size: (double)r.Key, Seconds: Median(r.Value))).ToArray();
        if (points.Length == 1)
        {
            // One size says nothing about the split; all per image is the cautious reading.
            (_fixed, _perImage) = (0, points[0].Seconds / points[0].Size);
            return;
        }
        var slopes = from p in points from q in points where p.Size < q.Size select (q.Seconds - p.Seconds) / (q.Size - p.Size);
        _perImage = Math.Max(0, Median(slopes));
        _fixed = Math.Max(0, Median(points.Select(p => p.Seconds - _perImage * p.Size)));
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
