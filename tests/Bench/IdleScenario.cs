using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>What a gateway and a pod cost that have nothing to do. Small clusters run for hours like that (issue 27).</summary>
internal static class IdleScenario
{
    /// <summary>Until the runtime has compiled what the start called often: it takes 0.5 % of a core in the first minute.</summary>
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Watch = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Report report)
    {
        await using var platform = await Platform.StartWithRealModelAsync("isnet-general-use-512");
        (string Name, ServiceProcess Process)[] services = [("gateway", platform.Gateways[0]), ("pod", platform.Pods[0])];
        await Task.Delay(Settle, TimeProvider.System);
        var before = services.Select(service => Cost.Of(service.Process)).ToArray();
        await Task.Delay(Watch, TimeProvider.System);
        var costs = services.Select((service, i) => Cost.Of(service.Process).Since(before[i], Watch)).ToArray();

        report.Row("", "share of a core", "context switches a second");
        report.Row("---", "---:", "---:");
        for (var i = 0; i < services.Length; i++) report.Row(services[i].Name, $"{costs[i].Cpu:P2}", $"{costs[i].Switches:F0}");
        report.Line();
        for (var i = 0; i < services.Length; i++)
        {
            report.Figure($"idle_{services[i].Name}_cpu", costs[i].Cpu, $"share of a core that an idle {services[i].Name} takes; reach 0.005");
            report.Figure($"idle_{services[i].Name}_switches", costs[i].Switches, "its context switches a second; reach 100");
        }
    }

    /// <summary>Processor seconds and context switches; a second of each once divided by the time between two of them.</summary>
    private readonly record struct Cost(double Cpu, double Switches)
    {
        public static Cost Of(ServiceProcess process) => new(process.CpuTime.TotalSeconds,
            Directory.EnumerateDirectories($"/proc/{process.Id}/task").SelectMany(thread => File.ReadLines(Path.Combine(thread, "status")))
                .Where(line => line.Contains("ctxt_switches", StringComparison.Ordinal))
                .Sum(line => long.Parse(line.AsSpan(line.IndexOf(':', StringComparison.Ordinal) + 1), provider: System.Globalization.CultureInfo.InvariantCulture)));

        public Cost Since(Cost before, TimeSpan time) => new((Cpu - before.Cpu) / time.TotalSeconds, (Switches - before.Switches) / time.TotalSeconds);
    }
}
