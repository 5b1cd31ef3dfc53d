using k8s.Models;
using Rembg.Simulation.Autoscaling;

namespace Rembg.Simulation.Platform;

/// <summary>The pods of one Deployment and who scales them.</summary>
/// <param name="spec">The rendered autoscaler's.</param>
/// <param name="create">Makes the pod of a number, ready at a time.</param>
public sealed class Fleet<T>(V2HorizontalPodAutoscalerSpec spec, Func<int, double, T> create, double startSeconds) where T : class
{
    private readonly HpaAlgorithm _hpa = new(spec);
    private readonly List<(double At, Action Do)> _later = [];
    private int _born;

    /// <summary>All that exist: starting, ready, leaving, silent.</summary>
    public List<T> All { get; } = [];

    /// <summary>As many as Kubernetes counts.</summary>
    public int Wanted { get; private set; }

    /// <summary>Those that are there from the beginning.</summary>
    public void Begin(int count)
    {
        for (Wanted = Math.Max(count, spec.MinReplicas!.Value); All.Count < Wanted;) Add(0);
    }

    public T Add(double readyAt)
    {
        All.Add(create(_born++, readyAt));
        return All[^1];
    }

    /// <summary>One look of the autoscaler at those that count.</summary>
    /// <param name="leave">Tells one to go.</param>
    public void Scale(double now, List<T> staying, Func<T, string> name, Func<string, IReadOnlyDictionary<string, double>?> metric, Func<string, double?> external, Action<T> leave)
    {
        Wanted = _hpa.Decide(now, [.. staying.Select(name)], metric, external);
        for (var count = staying.Count; count < Wanted; count++) Add(now + startSeconds);
        // Kubernetes takes the pods that are not ready or youngest.
        foreach (var one in Enumerable.Reverse(staying).Take(staying.Count - Wanted)) leave(one);
    }

    public void Later(double at, Action act) => _later.Add((at, act));

    public void Advance(double now)
    {
        foreach (var due in _later.Where(later => later.At <= now).ToList())
        {
            _later.Remove(due);
            due.Do();
        }
    }
}
