namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>What one image costs, measured by <c>./bench.sh engine</c>; a run of n images takes <paramref name="Fixed"/> + n x <paramref name="PerImage"/> seconds.</summary>
/// <param name="Around">Seconds of a request before and after the model: decode, compose, encode.</param>
/// <param name="StartSeconds">From "wanted" to ready: scheduling, image, model, warm-up.</param>
internal sealed record PodCost(string Name, double Fixed, double PerImage, double Around, int MaxBatch, int Executors, double StartSeconds)
{
    /// <summary>Images a second when always busy.</summary>
    public double Capacity => MaxBatch / (Fixed + MaxBatch * PerImage) * Executors;
}

/// <summary>An inference pod as the autoscaler sees it: a bounded queue, executors that take what waits, and three sums of seconds.</summary>
internal sealed class SimulatedPod(string name, PodCost cost, int maxRequests, double bornAt)
{
    private readonly Queue<double> _waiting = [];
    private readonly List<(double Until, double Took, double[] Arrived)> _running = [];
    private readonly Queue<(double Time, double Request, double Wait, double Compute)> _samples = [];

    private double _requestSeconds, _waitSeconds, _computeSeconds;

    public string Name => name;
    public bool Leaving { get; set; }
    public int Load => _waiting.Count + _running.Sum(run => run.Arrived.Length);
    public bool IsReady(double now) => now >= bornAt + cost.StartSeconds && !Leaving;
    public bool IsFull => Load >= maxRequests;

    public void Enqueue(double now) => _waiting.Enqueue(now);

    /// <summary>Ends runs that are over, starts new ones; gives the latency of each answer.</summary>
    public IEnumerable<double> Advance(double now)
    {
        foreach (var run in _running.Where(run => run.Until <= now).ToList())
        {
            _running.Remove(run);
            _computeSeconds += run.Took * run.Arrived.Length;
            foreach (var arrived in run.Arrived)
            {
                _requestSeconds += run.Until - arrived + cost.Around;
                yield return run.Until - arrived + cost.Around;
            }
        }
        while (_running.Count < cost.Executors && _waiting.Count > 0)
        {
            var batch = Enumerable.Range(0, Math.Min(cost.MaxBatch, _waiting.Count)).Select(_ => _waiting.Dequeue()).ToArray();
            var took = cost.Fixed + batch.Length * cost.PerImage;
            _waitSeconds += batch.Sum(arrived => now - arrived);
            _running.Add((now + took, took, batch));
        }
    }

    /// <summary>Prometheus comes by; a pod that still loads its model has nothing to show.</summary>
    public void Scrape(double now)
    {
        if (now < bornAt + cost.StartSeconds) return;
        _samples.Enqueue((now, _requestSeconds, _waitSeconds, _computeSeconds));
        while (_samples.Peek().Time < now - 60) _samples.Dequeue();
    }

    /// <summary>The two figures of the adapter's rules, before their upper bounds; null before the first scrape.</summary>
    public (double Concurrency, double Ratio)? Metrics()
    {
        if (_samples.Count == 0) return null;
        var (first, last) = (_samples.Peek(), _samples.Last());
        var seconds = last.Time - first.Time;
        if (seconds == 0) return (0, 0);
        return ((last.Request - first.Request) / seconds, (last.Wait - first.Wait) / seconds / Math.Max((last.Compute - first.Compute) / seconds, 0.001));
    }
}
