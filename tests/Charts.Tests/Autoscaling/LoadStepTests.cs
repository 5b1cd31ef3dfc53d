using Rembg.Charts.Tests.Charts;
using Rembg.Simulation;
using Rembg.Simulation.Platform;
using Rembg.Simulation.Pods;
using Xunit.Abstractions;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>The chart's own autoscaler under a load that rises to five times itself at once, over pods that take their time to start.</summary>
public sealed class LoadStepTests(ITestOutputHelper output)
{
    private const double StepAt = 300, DropAt = 1800, End = 3600;

    /// <summary>Name of the pods and seed.</summary>
    public static IEnumerable<object[]> Runs => from name in Pods.Keys from seed in Enumerable.Range(1, 3) select new object[] { name, seed };

    private static readonly Dictionary<string, (PodCost Cost, string[] Values)> Pods = new()
    {
        ["cpu"] = (Costs.Cpu, ["--set", "inference.autoscaling.maxReplicas=40"]),
        ["cpu-fast"] = (Costs.CpuFast, ["--set-json", "inference.profiles.cpu.meanConcurrency=1.3", "--set", "inference.autoscaling.maxReplicas=40"]),
        ["cuda"] = (Costs.Gpu, ["--set", "inference.accelerator=cuda,inference.autoscaling.maxReplicas=40"]),
    };

    [Theory, MemberData(nameof(Runs))]
    public async Task FiveTimesTheLoad_IsFollowedWithoutOscillation(string name, int seed)
    {
        var (cost, values) = Pods[name];
        var setup = RenderedPlatform.Of(await Chart.RenderAsync(values), cost) with { Seed = seed };
        var least = setup.PodScaling.MinReplicas!.Value;
        var quiet = 0.6 * cost.Capacity * least;

        var run = new SimulatedPlatform(setup).Run(End, now => now is >= StepAt and < DropAt ? 5 * quiet : quiet);

        var needed = cost.PodsFor(5 * quiet);
        var patience = 5 * cost.PerImage * cost.MaxBatch + cost.Fixed;
        var recovered = run.Recovered(StepAt, DropAt, patience);
        var raised = run.Syncs.Where(s => s.Time is > StepAt and < DropAt).ToList();
        // The new pods: the first that the autoscaler asks for after the step, from the second when the gateways know of them.
        var before = run.Syncs.Last(s => s.Time < StepAt).Wanted;
        var up = raised.First(s => s.Wanted > before).Time + cost.StartSeconds;
        output.WriteLine(
            $"{cost.Name}: {quiet:F1} -> {5 * quiet:F1} images/s, {needed} pods by the sizing rule, {raised.Max(s => s.Wanted)} at most wanted, {raised[^1].Wanted} at the end; " +
            $"first new pods after {up - StepAt:F0} s, p95 below {patience:F1} s and nothing refused after {recovered:F0} s, {run.Refused(StepAt, DropAt)} of {run.Offered(StepAt, DropAt)} refused, the last after {run.LastRefusal(StepAt, End) - StepAt} s");
        output.WriteLine("  pods wanted/ready, after seconds: " + string.Join(' ', run.Syncs.Where((s, i) => i == 0 || s.Wanted != run.Syncs[i - 1].Wanted).Select(s => $"{s.Time - StepAt:F0}:{s.Wanted}/{s.Ready}")));

        // Nothing is refused once the new pods are up, although they still have to work off what has gathered; nothing is ever lost.
        run.Refused(Math.Floor(up) + 1, End).ShouldBe(0);
        run.Lost(0, End).ShouldBe(0);
        // Recovers: the reaction (sync, scrape, one minute of looking back), then at most two starts, then the queues.
        recovered.ShouldBeLessThan(90 + 2 * cost.StartSeconds);
        // No oscillation: up, perhaps down once from too many, and never up again; at the end it has settled.
        var wanted = raised.ConvertAll(s => s.Wanted);
        Swings(wanted).ShouldBeLessThanOrEqualTo(1, string.Join(' ', wanted));
        (wanted[^40..].Max() - wanted[^40..].Min()).ShouldBeLessThanOrEqualTo(2, "pods in the last ten minutes of the load");
        // Not far too many, and as few as before when it is over.
        ((double)wanted[^1]).ShouldBeLessThan(1.5 * needed);
        run.Syncs[^1].Wanted.ShouldBeLessThanOrEqualTo(least + 1);
        run.Syncs.Where(s => s.Time < StepAt).ShouldAllBe(s => s.Wanted <= least + 1);
    }

    /// <summary>More gateways know less of each pod, and other seeds bring other queues.</summary>
    public static IEnumerable<object[]> Crowds => from name in Pods.Keys from gateways in new[] { 2, 6 } select new object[] { name, gateways };

    [Theory, MemberData(nameof(Crowds))]
    public async Task NewPodsThatCanCarryTheLoad_LeaveNobodyRefused(string name, int gateways)
    {
        var (cost, values) = Pods[name];
        var setup = RenderedPlatform.Of(await Chart.RenderAsync(values), cost);
        (setup.GatewayScaling.MinReplicas, setup.GatewayScaling.MaxReplicas) = (gateways, gateways);
        var quiet = 0.6 * cost.Capacity * setup.PodScaling.MinReplicas!.Value;
        foreach (var seed in Enumerable.Range(1, 10))
        {
            var run = new SimulatedPlatform(setup with { Seed = seed }).Run(StepAt + 600, now => now >= StepAt ? 5 * quiet : quiet);
            // Just as many as the load keeps busy, with nothing to spare for what waits.
            var up = run.Syncs.First(s => s.Wanted >= Math.Ceiling(Math.Round(5 * quiet / cost.Capacity, 6))).Time + cost.StartSeconds;
            run.Refused(Math.Floor(up) + 1, StepAt + 600).ShouldBe(0, $"seed {seed}: up after {up - StepAt:F1} s, last refusal in second {run.LastRefusal(StepAt, StepAt + 600) - StepAt}");
        }
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
}
