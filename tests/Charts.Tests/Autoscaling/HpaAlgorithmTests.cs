using k8s.Models;
using Rembg.Simulation.Autoscaling;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>The examples of the Kubernetes documentation ("Horizontal Pod Autoscaling", algorithm details and scaling policies).</summary>
public sealed class HpaAlgorithmTests
{
    private double _now;

    [Theory]
    [InlineData(4, 200, 8)]     // twice the target: twice the pods
    [InlineData(4, 50, 2)]      // half of it: half
    [InlineData(4, 109, 4)]     // within the tolerance of 10 %
    [InlineData(4, 130, 6)]     // 5.2 pods are 6
    public void Replicas_FollowTheRatioOfValueAndTarget(int pods, double value, int desired) =>
        Sync(Free(), pods, value).ShouldBe(desired);

    [Fact]
    public void PodsWithoutValue_CountAsIdleUpwardsAndAsOnTargetDownwards()
    {
        // Two of four report: 300 on average; over four pods it is 150, so 6 and not 12.
        Sync(Free(), ["a", "b", "c", "d"], new() { ["a"] = 300, ["b"] = 300 }).ShouldBe(6);
        // 20 on average; with the others on target it is 60 of 100, so 3 and not 1.
        Sync(Free(), ["a", "b", "c", "d"], new() { ["a"] = 20, ["b"] = 20 }).ShouldBe(3);
        // New pods would turn a rise into a fall: nothing happens.
        Sync(Free(), ["a", "b", "c", "d"], new() { ["a"] = 150 }).ShouldBe(4);
    }

    [Fact]
    public void UnreadableMetric_StopsScalingDownOnly()
    {
        var withExternal = Spec(new(), new());
        withExternal.Metrics.Add(new V2MetricSpec { Type = "External", External = new V2ExternalMetricSource { Metric = new() { Name = "backlog" }, Target = new() { AverageValue = new("10") } } });
        Values("abcd", 50, out var pods, out var values);

        new HpaAlgorithm(withExternal).Decide(0, pods, _ => values, _ => null).ShouldBe(4);
        new HpaAlgorithm(withExternal).Decide(0, pods, _ => values, _ => 25).ShouldBe(3); // 25 tasks, 10 a pod
        new HpaAlgorithm(withExternal).Decide(0, pods, _ => null, _ => 75).ShouldBe(8);
    }

    [Fact]
    public void ScaleDown_WaitsForTheHighestOfItsWindow()
    {
        var hpa = new HpaAlgorithm(Spec(new(), new() { StabilizationWindowSeconds = 300 }));
        Sync(hpa, 4, 100).ShouldBe(4);
        for (_now = 15; _now < 300; _now += 15) Sync(hpa, 4, 25).ShouldBe(4);
        _now = 300;
        Sync(hpa, 4, 25).ShouldBe(1);
    }

    [Fact]
    public void Policies_LimitEachPeriod()
    {
        var up = new V2HPAScalingRules { SelectPolicy = "Max", Policies = [new() { Type = "Percent", Value = 100, PeriodSeconds = 30 }, new() { Type = "Pods", Value = 2, PeriodSeconds = 30 }] };
        var hpa = new HpaAlgorithm(Spec(up, new()));
        Sync(hpa, 1, 1000).ShouldBe(3);     // 2 pods are more than 100 %
        _now = 15;
        Sync(hpa, 3, 1000).ShouldBe(3);     // the period is used up
        _now = 30;
        Sync(hpa, 3, 1000).ShouldBe(6);
    }

    private static HpaAlgorithm Free() => new(Spec(new(), new()));

    private static V2HorizontalPodAutoscalerSpec Spec(V2HPAScalingRules up, V2HPAScalingRules down)
    {
        up.StabilizationWindowSeconds ??= 0;
        down.StabilizationWindowSeconds ??= 0;
        up.Policies ??= [Percent(1000)];
        down.Policies ??= [Percent(100)];
        return new()
        {
            MinReplicas = 1,
            MaxReplicas = 100,
            ScaleTargetRef = new(),
            Behavior = new() { ScaleUp = up, ScaleDown = down },
            Metrics = [new V2MetricSpec { Type = "Pods", Pods = new V2PodsMetricSource { Metric = new() { Name = "load" }, Target = new() { AverageValue = new("100") } } }],
        };
    }

    private static V2HPAScalingPolicy Percent(int value) => new() { Type = "Percent", Value = value, PeriodSeconds = 15 };

    private int Sync(HpaAlgorithm hpa, int pods, double value)
    {
        Values(string.Concat(Enumerable.Range(0, pods).Select(i => (char)('a' + i))), value, out var names, out var values);
        return hpa.Decide(_now, names, _ => values, _ => null);
    }

    private int Sync(HpaAlgorithm hpa, string[] pods, Dictionary<string, double> values) => hpa.Decide(_now, pods, _ => values, _ => null);

    private static void Values(string letters, double value, out string[] pods, out Dictionary<string, double> values)
    {
        pods = [.. letters.Select(c => $"{c}")];
        values = pods.ToDictionary(p => p, _ => value);
    }
}
