using k8s.Models;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>
/// What the HorizontalPodAutoscaler controller decides, for metrics of type Pods and External with AverageValue and of type
/// Resource with Utilization in percent. After Kubernetes 1.35, <c>pkg/controller/podautoscaler</c>: replica_calculator.go
/// (calcPlainMetricReplicas, GetExternalPerPodMetricReplicas) and horizontal.go (normalizeDesiredReplicasWithBehaviors).
/// </summary>
internal sealed class HpaAlgorithm(V2HorizontalPodAutoscalerSpec spec)
{
    private const double Tolerance = 0.1;

    /// <summary>No window or period of the API is longer.</summary>
    private const double Longest = 3600;

    /// <summary>Kubernetes' own: up by a factor of two or four pods in 15 s, down at once after five minutes.</summary>
    private static readonly V2HPAScalingRules
        DefaultUp = new() { StabilizationWindowSeconds = 0, Policies = [new() { Type = "Percent", Value = 100, PeriodSeconds = 15 }, new() { Type = "Pods", Value = 4, PeriodSeconds = 15 }] },
        DefaultDown = new() { StabilizationWindowSeconds = 300, Policies = [new() { Type = "Percent", Value = 100, PeriodSeconds = 15 }] };

    private readonly V2HPAScalingRules _up = spec.Behavior?.ScaleUp ?? DefaultUp, _down = spec.Behavior?.ScaleDown ?? DefaultDown;
    private readonly List<(double Time, int Replicas)> _recommendations = [];
    private readonly List<(double Time, int Change)> _changes = [];

    /// <summary>One sync.</summary>
    /// <param name="now">Seconds.</param>
    /// <param name="pods">The names of all pods.</param>
    /// <param name="podMetric">Value for each pod that has one, by the metric's name; null: the metric cannot be read.</param>
    /// <param name="externalMetric">Value by the metric's name; null: it cannot be read.</param>
    public int Decide(double now, IReadOnlyCollection<string> pods, Func<string, IReadOnlyDictionary<string, double>?> podMetric, Func<string, double?> externalMetric)
    {
        var current = pods.Count;
        var proposals = spec.Metrics.Select(metric => metric.Type switch
        {
            "Resource" => ForPods(pods, podMetric(metric.Resource.Name), metric.Resource.Target.AverageUtilization!.Value),
            "Pods" => ForPods(pods, podMetric(metric.Pods.Metric.Name), Target(metric.Pods.Target)),
            _ => ForExternal(current, externalMetric(metric.External.Metric.Name), Target(metric.External.Target)),
        }).ToList();

        // A metric that cannot be read stops scaling down, not up.
        var desired = proposals.Max() ?? current;
        if (desired < current && proposals.Contains(null)) desired = current;
        desired = Math.Clamp(LimitRate(now, current, Stabilize(now, current, desired)), spec.MinReplicas!.Value, spec.MaxReplicas);
        if (desired != current) _changes.Add((now, desired - current));
        return desired;
    }

    private static double Target(V2MetricTarget target) => target.AverageValue.ToDouble();

    /// <summary>Pods without a value count as idle on the way up and as on target on the way down.</summary>
    private static int? ForPods(IReadOnlyCollection<string> pods, IReadOnlyDictionary<string, double>? values, double target)
    {
        var known = pods.Where(pod => values?.ContainsKey(pod) == true).Select(pod => values![pod]).ToList();
        if (known.Count == 0) return null;

        var current = pods.Count;
        var ratio = known.Average() / target;
        var missing = current - known.Count;
        if (missing == 0) return IsWithinTolerance(ratio) ? current : Ceiling(ratio * known.Count);

        var whole = known.Concat(Enumerable.Repeat(ratio < 1 ? target : 0, missing)).Average() / target;
        if (IsWithinTolerance(whole) || (ratio < 1 && whole > 1) || (ratio > 1 && whole < 1)) return current;
        var desired = Ceiling(whole * current);
        return (whole < 1 && desired > current) || (whole > 1 && desired < current) ? current : desired;
    }

    private static int? ForExternal(int current, double? value, double target)
    {
        if (value is null) return null;
        return IsWithinTolerance(value.Value / (target * current)) ? current : Ceiling(value.Value / target);
    }

    private static bool IsWithinTolerance(double ratio) => Math.Abs(1 - ratio) <= Tolerance;

    // The controller computes in thousandths, so noise below that does not count.
    private static int Ceiling(double replicas) => (int)Math.Ceiling(Math.Round(replicas, 3));

    private int Stabilize(double now, int current, int desired)
    {
        _recommendations.RemoveAll(r => r.Time < now - Longest);
        _changes.RemoveAll(c => c.Time < now - Longest);
        _recommendations.Add((now, desired));
        int Up() => _recommendations.Where(r => r.Time > now - (_up.StabilizationWindowSeconds ?? 0)).Select(r => r.Replicas).Append(desired).Min();
        int Down() => _recommendations.Where(r => r.Time > now - (_down.StabilizationWindowSeconds ?? 300)).Select(r => r.Replicas).Append(desired).Max();
        return Math.Min(Math.Max(current, Up()), Down());
    }

    private int LimitRate(double now, int current, int desired) => desired.CompareTo(current) switch
    {
        > 0 => Math.Min(desired, Math.Max(current, Limit(now, current, _up, +1))),
        < 0 => Math.Max(desired, Math.Min(current, Limit(now, current, _down, -1))),
        _ => desired,
    };

    /// <summary>The furthest that the policies allow from where their periods began.</summary>
    private int Limit(double now, int current, V2HPAScalingRules rules, int direction)
    {
        var limits = rules.Policies.Select(policy =>
        {
            var start = current - _changes.Where(c => c.Time > now - policy.PeriodSeconds && Math.Sign(c.Change) == direction).Sum(c => c.Change);
            var step = policy.Type == "Pods" ? policy.Value : start * policy.Value / 100.0;
            return direction > 0 ? (int)Math.Ceiling(start + step) : (int)(start - step);
        }).ToList();
        return rules.SelectPolicy == "Min" == (direction > 0) ? limits.Min() : limits.Max();
    }
}
