using System.Text.Json;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Simulation;
using Rembg.Simulation.Platform;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>The simulated platform of <c>./bench.sh simulate</c>: the chart's values, its failures, and that a run can be repeated.</summary>
public sealed class FailureTests
{
    private static readonly ChartValues Chart = ChartValues.Read(Path.Combine(RepositoryPaths.Root, "charts", "rembg-platform", "values.yaml"));

    [Theory]
    [InlineData("cpu")]
    [InlineData("cuda")]
    public async Task ValuesFile_ScalesAsTheRenderedChart(string accelerator)
    {
        var cost = accelerator == "cpu" ? Costs.Cpu : Costs.Gpu;
        var release = await Charts.Chart.RenderAsync(["--set", $"inference.accelerator={accelerator}"]);
        var (rendered, read) = (RenderedPlatform.Of(release, cost), Chart.Setup(cost));

        Json(read.PodScaling).ShouldBe(Json(rendered.PodScaling));
        Json(read.GatewayScaling).ShouldBe(Json(rendered.GatewayScaling));
        (read.MaxRequests, read.Gateway).ShouldBe((rendered.MaxRequests, rendered.Gateway));
        read.Bounds.ShouldBe(rendered.Bounds, ignoreOrder: true);
        foreach (var deployment in release.All<V1Deployment>())
            deployment.Spec.Template.Spec.Tolerations.Where(t => t.Key is "node.kubernetes.io/unreachable" or "node.kubernetes.io/not-ready")
                .Select(t => (t.Effect, t.OperatorProperty, t.TolerationSeconds)).ShouldBe([("NoExecute", "Exists", 30), ("NoExecute", "Exists", 30)], deployment.Metadata.Name);
        read.Failures.EvictionSeconds.ShouldBe(Failures.NoticeSeconds + 30);

        // The target and the limits are all that differs: whom it scales, and how far.
        static string Json(V2HorizontalPodAutoscalerSpec spec)
        {
            (spec.ScaleTargetRef, spec.MaxReplicas) = (null, 0);
            return JsonSerializer.Serialize(spec);
        }
    }

    [Fact]
    public void SameSeed_IsTheSameRun()
    {
        var setup = Chart.Setup(Costs.CpuFast) with { Failures = new(CrashesPerPodHour: 2), Redis = Costs.Redis, Hits = (0.1, 0.1), Tasks = (0.1, 100) };
        var (one, again, other) = (Run(setup), Run(setup), Run(setup with { Seed = 5 }));
        one.ShouldBe(again);
        one.ShouldNotBe(other);

        static string Run(PlatformSetup setup)
        {
            var run = new SimulatedPlatform(setup).Run(600, _ => 12);
            return $"{run.Offered(0, 600)} {run.Refused(0, 600)} {run.Latency(0.5, 0, 600)} {run.Latency(0.95, 0, 600)} {string.Join(' ', run.Syncs)}";
        }
    }

    [Fact]
    public void PodThatCrashes_CostsNobodyTheAnswer()
    {
        var run = new SimulatedPlatform(Chart.Setup(Costs.Cpu) with { FirstPods = 12, Failures = new(CrashesPerPodHour: 4) }).Run(1800, _ => 6);
        run.Lost(0, 1800).ShouldBe(0, "each of its requests is tried on another");
        run.Refused(0, 1800).ShouldBe(0);
        run.Syncs.Min(s => s.Ready).ShouldBeLessThan(run.Syncs.Max(s => s.Wanted), "some did crash");
    }

    [Fact]
    public void LostZone_CostsWhatItHeldAndIsReplaced()
    {
        var setup = Chart.Setup(Costs.Cpu) with { FirstPods = 12, FirstGateways = 3 };
        setup.PodScaling.MinReplicas = setup.PodScaling.MaxReplicas = 12;
        setup.GatewayScaling.MinReplicas = setup.GatewayScaling.MaxReplicas = 3;
        var run = new SimulatedPlatform(setup with { Failures = setup.Failures with { ZoneLostAt = 300 } }).Run(900, _ => 6);

        run.Lost(0, 300).ShouldBe(0);
        run.Lost(300, 320).ShouldBeInRange(1, 40, "what the lost gateway held, and what the load balancer goes on sending it: a third of ten seconds");
        (run.Lost(320, 900) + run.Refused(0, 900)).ShouldBe(0, "the others have room, and are found");
        Ready(310).ShouldBe((8, 2));
        Ready(300 + Failures.NoticeSeconds + 15).ShouldBe((8, 2), "Kubernetes waits");
        Ready(300 + setup.Failures.EvictionSeconds + Costs.Cpu.StartSeconds + 15).ShouldBe((12, 3));

        (int, int) Ready(double time) => run.Syncs.Where(s => s.Time >= time).Select(s => (s.Ready, s.GatewaysReady)).First();
    }
}
