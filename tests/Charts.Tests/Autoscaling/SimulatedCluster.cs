using k8s.Models;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>
/// Callers, gateways, pods, Prometheus and the autoscaler of a rendered chart, over simulated seconds. Arrivals are random
/// (Poisson) with a fixed seed, the gateway asks the less loaded of two pods and, when that is full, one other.
/// </summary>
/// <param name="bounds">The most that the adapter's query says of a pod, by metric.</param>
internal sealed class SimulatedCluster(V2HorizontalPodAutoscalerSpec spec, IReadOnlyDictionary<string, double> bounds, PodCost cost, int maxRequests)
{
    private const double Step = 0.02, ScrapeEvery = 15, SyncEvery = 15;

    private readonly Random _random = new(4711);
    private readonly HpaAlgorithm _hpa = new(spec);
    private readonly List<SimulatedPod> _pods = [];
    private int _born;

    public List<(double Time, int Wanted, int Ready)> Replicas { get; } = [];
    public List<(double Time, double Latency)> Answers { get; } = [];
    public List<double> Refusals { get; } = [];

    /// <summary>Runs the load from beginning to end; the smallest number of pods is there and ready from the start.</summary>
    /// <param name="arrivals">Requests a second at a time.</param>
    public void Run(double seconds, Func<double, double> arrivals)
    {
        while (_pods.Count < spec.MinReplicas) Add(-cost.StartSeconds);
        var (scrape, sync) = (0.0, 5.0);
        for (var now = 0.0; now < seconds; now += Step)
        {
            for (var count = Poisson(arrivals(now) * Step); count > 0; count--) Send(now);
            foreach (var pod in _pods) Answers.AddRange(pod.Advance(now).Select(latency => (now, latency)));
            _pods.RemoveAll(pod => pod.Leaving && pod.Load == 0);

            if (now >= scrape)
            {
                scrape += ScrapeEvery;
                foreach (var pod in _pods) pod.Scrape(now);
            }
            if (now >= sync)
            {
                sync += SyncEvery;
                Scale(now);
            }
        }
    }

    private void Send(double now)
    {
        var ready = _pods.Where(pod => pod.IsReady(now)).ToArray();
        _random.Shuffle(ready);
        var open = ready.Take(2).OrderBy(pod => pod.Load).Concat(ready.Skip(2).Take(1)).FirstOrDefault(pod => !pod.IsFull);
        if (open is null) Refusals.Add(now);
        else open.Enqueue(now);
    }

    private void Scale(double now)
    {
        var staying = _pods.Where(pod => !pod.Leaving).ToDictionary(pod => pod.Name);
        var metrics = staying.Values.Where(pod => pod.Metrics() is not null).ToDictionary(pod => pod.Name, pod => pod.Metrics()!.Value);
        var wanted = _hpa.Decide(now, staying.Keys,
            metric => metrics.ToDictionary(pod => pod.Key, pod => Math.Min(bounds[metric], metric.EndsWith("ratio", StringComparison.Ordinal) ? pod.Value.Ratio : pod.Value.Concurrency)),
            _ => 0);
        for (var count = staying.Count; count < wanted; count++) Add(now);
        // Kubernetes takes the pods that are not ready or youngest.
        foreach (var pod in staying.Values.Reverse().Take(staying.Count - wanted)) pod.Leaving = true;
        Replicas.Add((now, wanted, _pods.Count(pod => pod.IsReady(now))));
    }

    private void Add(double now) => _pods.Add(new SimulatedPod($"pod-{_born++}", cost, maxRequests, now));

    private int Poisson(double mean)
    {
        var (count, product, limit) = (0, _random.NextDouble(), Math.Exp(-mean));
        for (; product > limit; product *= _random.NextDouble()) count++;
        return count;
    }
}
