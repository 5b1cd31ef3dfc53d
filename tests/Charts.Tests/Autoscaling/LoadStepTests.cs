using System.Globalization;
using System.Text.RegularExpressions;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Charts.Tests.Monitoring;
using Xunit.Abstractions;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>The chart's own autoscaler under a load that rises to five times itself at once, over pods that take their time to start.</summary>
public sealed partial class LoadStepTests(ITestOutputHelper output)
{
    private const double StepAt = 300, DropAt = 1800, End = 3600;

    public static TheoryData<string> Costs => [.. Pods.Keys];

    // Seconds an image as ./bench.sh engine prints them; start: what ./bench.sh cold prints, and scheduling and pulling the image.
    private static readonly Dictionary<string, (PodCost Cost, string[] Values)> Pods = new()
    {
        ["cpu"] = (new("two cores, 1024 x 1024", 0, 0.95, 0.15, 1, 1, 45), ["--set", "inference.autoscaling.maxReplicas=40"]),
        ["cpu-fast"] = (new("two cores, 512 x 512", 0, 0.2, 0.15, 1, 1, 45), ["--set-json", "inference.profiles.cpu.meanConcurrency=1.3", "--set", "inference.autoscaling.maxReplicas=40"]),
        ["cuda"] = (new("one GPU", 0.03, 0.05, 0.15, 8, 1, 120), ["--set", "inference.accelerator=cuda,inference.autoscaling.maxReplicas=40"]),
    };

    [Theory, MemberData(nameof(Costs))]
    public async Task FiveTimesTheLoad_IsFollowedWithoutOscillation(string name)
    {
        var (cost, values) = Pods[name];
        var (spec, bounds, maxRequests) = await ReadAsync(values);
        var quiet = 0.6 * cost.Capacity * spec.MinReplicas!.Value;
        var cluster = new SimulatedCluster(spec, bounds, cost, maxRequests);

        cluster.Run(End, now => now is >= StepAt and < DropAt ? 5 * quiet : quiet);

        var needed = (int)Math.Ceiling(5 * quiet / cost.Capacity);
        var enough = cluster.Replicas.First(r => r.Time > StepAt && r.Ready >= needed).Time - StepAt;
        var patience = 5 * cost.PerImage * cost.MaxBatch + cost.Fixed;
        var recovered = Recovered(cluster, patience);
        var raised = cluster.Replicas.Where(r => r.Time is > StepAt and < DropAt).Select(r => r.Wanted).ToList();
        var refused = cluster.Refusals.Count(t => t >= StepAt);
        output.WriteLine(
            $"{cost.Name}: {quiet:F1} -> {5 * quiet:F1} images/s, {needed} pods needed at least, {raised.Max()} at most wanted, {raised[^1]} at the end; " +
            $"enough pods after {enough:F0} s, p95 below {patience:F1} s again after {recovered:F0} s, {refused} of {5 * quiet * (DropAt - StepAt):F0} refused");

        output.WriteLine("  pods wanted, after seconds: " + string.Join(' ', cluster.Replicas.Where((r, i) => i == 0 || r.Wanted != cluster.Replicas[i - 1].Wanted).Select(r => $"{r.Time - StepAt:F0}:{r.Wanted}")));

        // Recovers: the reaction (sync, scrape, one minute of looking back), then one start for each doubling, then the queues.
        enough.ShouldBeLessThan(2.5 * cost.StartSeconds + 120);
        recovered.ShouldBeLessThan(enough + 180);
        // Nothing is refused once the pods are up and have worked off what had gathered.
        cluster.Refusals.ShouldAllBe(t => t < StepAt + enough + 30);
        // No oscillation: up, perhaps down once from too many, and never up again; at the end it has settled.
        Swings(raised).ShouldBeLessThanOrEqualTo(1, string.Join(' ', raised));
        (raised[^40..].Max() - raised[^40..].Min()).ShouldBeLessThanOrEqualTo(2, "pods in the last ten minutes of the load");
        // Not far too many, and as few as before when it is over.
        ((double)raised[^1]).ShouldBeLessThan(2.0 * needed);
        cluster.Replicas[^1].Wanted.ShouldBeLessThanOrEqualTo(spec.MinReplicas.Value + 1);
        cluster.Replicas.Where(r => r.Time < StepAt).ShouldAllBe(r => r.Wanted <= spec.MinReplicas + 1);
    }

    /// <summary>Seconds from the step until 95 % of the answers of each half minute are as quick as <paramref name="patience"/> for good.</summary>
    private static double Recovered(SimulatedCluster cluster, double patience) =>
        cluster.Answers.Where(a => a.Time is > StepAt and < DropAt).GroupBy(a => (int)((a.Time - StepAt) / 30))
            .Where(half => Percentile(half.Select(a => a.Latency), 0.95) > patience)
            .Select(half => (half.Key + 1) * 30.0).DefaultIfEmpty(0).Max();

    private static double Percentile(IEnumerable<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[(int)(share * (sorted.Length - 1))];
    }

    /// <summary>How often the number of pods goes back by more than a quarter from its last highest or lowest value.</summary>
    private static int Swings(List<int> replicas)
    {
        var (extreme, direction, swings) = (replicas[0], +1, 0);
        foreach (var count in replicas)
        {
            if (direction * (count - extreme) > 0) extreme = count;
            if (direction * (extreme - count) <= 0.25 * extreme) continue;
            (extreme, direction, swings) = (count, -direction, swings + 1);
        }
        return swings;
    }

    /// <summary>What the chart says to the autoscaler, the adapter and the pods.</summary>
    private static async Task<(V2HorizontalPodAutoscalerSpec Spec, Dictionary<string, double> Bounds, int MaxRequests)> ReadAsync(string[] values)
    {
        var release = await Chart.RenderAsync(values);
        var environment = Settings.Environment(release.One<V1Deployment>("inference").Spec.Template.Spec.Containers[0]);
        var bounds = AdapterRules.Of(release).Rules.ToDictionary(rule => rule.Name.As, rule => double.Parse(UpperBound().Match(rule.MetricsQuery).Groups[1].Value, CultureInfo.InvariantCulture));
        return (release.One<V2HorizontalPodAutoscaler>("inference").Spec, bounds, int.Parse(environment["Admission__MaxRequests"], CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^clamp_max\(.*, ([0-9.]+)\) or ")]
    private static partial Regex UpperBound();
}
