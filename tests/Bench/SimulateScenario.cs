using System.Diagnostics;
using System.Globalization;
using Rembg.Simulation;
using Rembg.Simulation.Platform;
using Rembg.Simulation.Pods;
using Rembg.Simulation.Stores;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>
/// The platform at 1, 100 and 10,000 images a second, simulated over the chart's values and what things were measured to cost:
/// a step to five times the load, pods that crash, a zone that is lost, what breaks first, and what a million images cost.
/// <c>CORE_HOUR</c>, <c>GPU_HOUR</c>, <c>IMAGES</c>, <c>ZIPF</c> and <c>TASKS</c> change prices and settings.
/// </summary>
internal static class SimulateScenario
{
    private const int Cells = 40;

    private static readonly Prices Prices = new(Setting("CORE_HOUR", 0.04), Setting("GPU_HOUR", 0.80));
    private static readonly SimulatedSettings Settings = new(new(Setting("IMAGES", 1e6), Setting("ZIPF", 0.8)), Setting("TASKS", 0.1), Setting("UPLOADS_MIB", 512));

    public static Task RunAsync(Report report)
    {
        var started = Stopwatch.GetTimestamp();
        var chart = ChartValues.Read(Path.Combine(RepositoryPaths.Root, "charts", "rembg-platform", "values.yaml"));
        SimulatedLoad[] loads =
        [
            .. from pod in new[] { Costs.Cpu, Costs.Gpu } from load in new[] { (PerSecond: 1.0, Cells: 1, Costs.Redis), (100, 1, Costs.Redis), (10_000, Cells, Redis: Costs.LargeRedis) }
               select new SimulatedLoad(chart, pod, load.Redis, Settings, load.PerSecond, load.Cells),
        ];
        var results = new SimulatedResult[loads.Length];
        Parallel.For(0, loads.Length, new() { MaxDegreeOfParallelism = 2 }, i => results[i] = loads[i].Run());

        SimulatedTables.Settings(report, Settings, Prices);
        SimulatedTables.Loads(report, results, Prices);
        SimulatedTables.Ceilings(report, chart, results);
        FlatPlatform.Compare(report, chart, Settings, 10_000, Cells);
        report.Line($"Simulated in {Stopwatch.GetElapsedTime(started).TotalSeconds:F0} s.");
        return Task.CompletedTask;
    }

    private static double Setting(string name, double fallback) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : fallback;
}
