using Rembg.Simulation;
using Rembg.Simulation.Platform;

namespace Rembg.Bench;

/// <summary>
/// 10,000 images a second on CPU pods in one piece, as if DNS could name all pods and Redis were not asked, beside one of the
/// cells: what is left to break is the gateways, each of which asks and balances over every pod.
/// </summary>
internal static class FlatPlatform
{
    private const double Seconds = 180, Settled = 60;

    public static void Compare(Report report, ChartValues chart, SimulatedSettings settings, double perSecond, int cells)
    {
        var (cell, flat) = (Run(chart, settings, perSecond / cells), Run(chart, settings, perSecond));
        report.Row("as many CPU pods as the sizing rule says", "images/s", "pods", "gateways at first", "gateways three minutes later", "cores a gateway asks pods with", "connections a gateway", "p50 s", "p95 s", "p99 s");
        report.Row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:");
        Print("a cell", cell);
        Print("in one piece", flat);
        report.Line();
        report.Figure("flat_gateways_growth", (double)flat.LastGateways / flat.FirstGateways, "gateways after three minutes over those that the requests need, of at most three times as many: asking the pods alone is over the autoscaler's target");
        report.Figure("flat_p95_over_cell", flat.P95 / cell.P95, "95th percentile in one piece over that of a cell");

        void Print(string name, Result r) => report.Row(name, $"{r.PerSecond:N0}", $"{r.Pods:N0}", $"{r.FirstGateways:N0}", $"{r.LastGateways:N0}",
            $"{Costs.Gateway.ProbingCores(r.Pods):F2}", $"{2 * r.Pods:N0}", $"{r.P50:F2}", $"{r.P95:F2}", $"{r.P99:F2}");
    }

    private static Result Run(ChartValues chart, SimulatedSettings settings, double load)
    {
        var setup = SimulatedLoad.Setup(chart, Costs.Cpu, Costs.Redis, settings, load) with { Redis = null, Tasks = (0, 0), Hits = (0, 0), Failures = new(), FirstPods = Costs.Cpu.PodsFor(load), Step = 0.05 };
        (setup.PodScaling.MinReplicas, setup.PodScaling.MaxReplicas) = (setup.FirstPods, setup.FirstPods);
        setup.GatewayScaling.MaxReplicas = 3 * setup.FirstGateways;
        var run = new SimulatedPlatform(setup).Run(Seconds, _ => load);
        return new(load, setup.FirstPods, setup.FirstGateways, run.Syncs[^1].GatewaysWanted, run.Latency(0.5, Settled, Seconds), run.Latency(0.95, Settled, Seconds), run.Latency(0.99, Settled, Seconds));
    }

    private sealed record Result(double PerSecond, int Pods, int FirstGateways, int LastGateways, double P50, double P95, double P99);
}
