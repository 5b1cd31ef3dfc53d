using Rembg.Simulation;

namespace Rembg.Bench;

/// <summary>What the simulation says, for people and as figures.</summary>
internal static class SimulatedTables
{
    public static void Settings(Report report, SimulatedSettings settings, Prices prices)
    {
        foreach (var pod in new[] { Costs.Cpu, Costs.Gpu })
            report.Line($"- {pod.Name}: {pod.Fixed} + {pod.PerImage}·n s a run of up to {pod.MaxBatch}, {pod.StartSeconds:F0} s from wanted to asked ({pod.Source})");
        report.Line($"- {settings.Images.Images:N0} different images by Zipf's law with exponent {settings.Images.Exponent}, {settings.Tasks:P0} of them as tasks; {Costs.Gateway.UploadBytes / 1e6} MB in, {Costs.Gateway.AnswerBytes / 1e6} MB out");
        report.Line($"- A core costs {prices.CoreHour} an hour, a GPU {prices.GpuHour}");
        report.Line();
    }

    public static void Loads(Report report, IReadOnlyList<SimulatedResult> results, Prices prices)
    {
        report.Row("pods", "images/s", "cells", "pods", "gateways", "cache hits", "edge Gbit/s", "Redis busy", "tasks refused", "p50 s", "p95 s", "a million images");
        report.Row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:");
        foreach (var r in results)
        {
            var cells = r.Load.Cells;
            report.Row(r.Load.Pod.Name, $"{r.Load.PerSecond:N0}", $"{cells}", $"{r.Pods * cells:N0}", $"{r.Gateways * cells:N0}", $"{r.HitShare:P0}",
                $"{r.Load.PerSecond * (Costs.Gateway.UploadBytes + Costs.Gateway.AnswerBytes) * 8 / 1e9:N2}", $"{r.RedisUse:P0}", $"{r.TasksRefused:P1}", $"{r.P50:F1}", $"{r.P95:F1}", $"{Million(r, prices):N1}");
        }
        report.Line();
        report.Row("five times the load for ten minutes", "images/s", "most pods", "most gateways", "Redis busy", "refused", "of it by gateways full of uploads", "tasks refused", "well again after s", "a zone lost: failed in a minute", "well again after s");
        report.Row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:");
        foreach (var r in results)
        {
            var cells = r.Load.Cells;
            report.Row(r.Load.Pod.Name, $"{r.Load.PerSecond:N0}", $"{r.BurstPods * cells:N0}", $"{r.BurstGateways * cells:N0}", $"{r.BurstRedisUse:P0}",
                $"{r.BurstRefused:P1}", $"{r.BurstNoMemory:P1}", $"{r.BurstTasksRefused:P1}", $"{r.BurstRecovered:F0}", $"{r.ZoneFailed:P1}", $"{r.ZoneRecovered:F0}");
        }
        report.Line();
        foreach (var r in results)
        {
            report.Figure($"{r.Name}_pods", r.Pods * r.Load.Cells, "pods at the steady load");
            report.Figure($"{r.Name}_p95_s", r.P95, "95th percentile of answers at the steady load");
            report.Figure($"{r.Name}_burst_refused", r.BurstRefused, "share refused or lost in ten minutes of five times the load");
            report.Figure($"{r.Name}_burst_recovered_s", r.BurstRecovered, "seconds until the 95th percentile is below five runs and at most a thousandth fails");
            report.Figure($"{r.Name}_zone_failed", r.ZoneFailed, "share refused or lost in the minute after a third of the nodes fell silent");
            report.Figure($"{r.Name}_zone_recovered_s", r.ZoneRecovered, "seconds until well again after that");
            report.Figure($"{r.Name}_million", Million(r, prices), "price of a million images at the steady load");
        }
    }

    /// <summary>Without cells, on the chart's own Redis, with the hits of the load of 100 a second.</summary>
    public static void Ceilings(Report report, ChartValues chart, IReadOnlyList<SimulatedResult> results)
    {
        report.Line();
        foreach (var r in results.Where(r => r.Load.PerSecond == 100))
        {
            report.Row($"used up first, {r.Load.Pod.Name}", "at images/s", "what then");
            report.Row("---", "---:", "---");
            foreach (var ceiling in Ceiling.All(chart, r.Load.Pod, Costs.Gateway, Costs.Redis, 1 - r.HitShare, r.Load.Settings.Tasks))
            {
                report.Row(ceiling.What, $"{ceiling.PerSecond:N1}", ceiling.Remedy);
            }
            report.Line();
        }
        foreach (var r in results.Where(r => r.Load.PerSecond == 100))
        {
            foreach (var ceiling in Ceiling.All(chart, r.Load.Pod, Costs.Gateway, Costs.Redis, 1 - r.HitShare, r.Load.Settings.Tasks))
                report.Figure($"{(r.Load.Pod.Gpus > 0 ? "gpu" : "cpu")}_ceiling_{ceiling.Id}", ceiling.PerSecond, $"images/s that use up: {ceiling.What}");
        }
        report.Line();
    }

    private static double Million(SimulatedResult result, Prices prices) =>
        prices.Million(result.Load.Pod, result.Pods * result.Load.Cells, Costs.Gateway, result.Gateways * result.Load.Cells, result.Load.PerSecond);
}
