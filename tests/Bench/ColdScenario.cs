using System.Diagnostics;
using System.Text.RegularExpressions;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>From the start of a pod's process to its <c>/readyz</c>, and where the time went.</summary>
internal static partial class ColdScenario
{
    private const int Starts = 3;

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use";
        report.Row("batch sizes", "process", "load", "search", "warm-up", "ready after");
        report.Row("---", "---:", "---:", "---:", "---:", "---:");
        var measured = await MedianAsync(report, "found by measuring", model, []);
        var file = Path.Combine(Path.GetTempPath(), $"batch-sizes-{Guid.NewGuid():N}.json");
        await MedianAsync(report, "found and kept", model, [$"--Batching:SizesFile={file}"], starts: 1);
        var remembered = await MedianAsync(report, "remembered", model, [$"--Batching:SizesFile={file}"]);
        File.Delete(file);
        var configured = await MedianAsync(report, "fixed to 1", model, [$"--Batching:Sizes:{model}:0=1"]);
        report.Line();
        report.Figure("cold_start_s", measured, "seconds from process start to ready, batch sizes found by measuring");
        report.Figure("cold_start_remembered_s", remembered, "the same with the batch sizes of an earlier start; reach 3");
        report.Figure("cold_start_fixed_s", configured, "the same with the batch size configured");
    }

    private static async Task<double> MedianAsync(Report report, string what, string model, string[] arguments, int starts = Starts)
    {
        var seen = new List<(double Ready, double[] Parts)>();
        for (var i = 0; i < starts; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await using var pod = await ServiceProcess.StartAsync("Rembg.Inference", [$"--Models:Directory={RepositoryPaths.PreparedModels}", $"--Models:Names={model}", .. arguments]);
            await pod.ReadyAsync();
            var ready = Stopwatch.GetElapsedTime(started).TotalSeconds;
            seen.Add((ready, [.. Parts().Match(pod.Log).Groups.Values.Skip(1).Select(g => double.Parse(g.Value, System.Globalization.CultureInfo.InvariantCulture))]));
        }
        var (median, parts) = seen.OrderBy(s => s.Ready).ElementAt(starts / 2);
        report.Row(what, $"{median - parts.Sum():F1} s", $"{parts[0]:F1} s", $"{parts[1]:F1} s", $"{parts[2]:F1} s", $"{median:F1} s");
        return median;
    }

    [GeneratedRegex(@"load ([\d.]+) s, batch sizes ([\d.]+) s, warm-up ([\d.]+) s")]
    private static partial Regex Parts();
}
