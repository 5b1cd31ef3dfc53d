using System.Diagnostics;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>Four interactive clients, first alone, then while two hundred tasks are posted at once and worked off: what the flood does to those who wait.</summary>
internal static class FloodScenario
{
    private const int Clients = 4, Images = 60, Tasks = 200;

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use-512";
        var jpeg = TestPhoto.Jpeg(2600, 1950);
        await FloodAsync(report, model, jpeg);
        await AcceptAsync(report, jpeg);
    }

    private static async Task FloodAsync(Report report, string model, byte[] jpeg)
    {
        await using var platform = await Platform.StartWithRealModelAsync(model, podArguments: [$"--Batching:Sizes:{model}:0=1"], gatewayArguments: ["--Clients:Anonymous:Burst=1000"]);
        var (alone, _) = await InteractiveAsync(platform.Http, jpeg, 0);

        using var burst = new Burst(platform.Gateways[0].Port, Tasks);
        var accepted = burst.Post("/v1/tasks", 202, [.. Enumerable.Range(0, Tasks).Select(i => TestPhoto.Unique(jpeg, 100_000 + i))]);
        var (during, span) = await InteractiveAsync(platform.Http, jpeg, 10_000);

        report.Line($"{model}, {Clients} interactive clients, {Images} images; then {Tasks} tasks of {jpeg.Length / 1e6:F2} MB before them.");
        report.Line();
        report.Row("interactive", "p50 s", "p95 s");
        report.Row("---", "---:", "---:");
        report.Row("alone", $"{At(alone, 0.5):F2}", $"{At(alone, 0.95):F2}");
        report.Row($"in the flood ({span:F0} s)", $"{At(during, 0.5):F2}", $"{At(during, 0.95):F2}");
        report.Line();
        report.Figure("flood_interactive_p95_ratio", At(during, 0.95) / At(alone, 0.95), "p95 in the flood over p95 alone; reach 1.5");
        report.Figure("flood_accept_p50_ms", At([.. accepted.Select(answer => answer.Milliseconds).Order()], 0.5), "all tasks posted at once, the pod at work on the same cores, the first burst that this gateway meets; reach 100");
    }

    /// <summary>What the gateway itself costs: no pod at work, and next to the least that an upload costs any server on Kestrel.</summary>
    private static async Task AcceptAsync(Report report, byte[] jpeg)
    {
        await using var idle = await ServiceProcess.StartAsync("Rembg.Gateway", ["--Pods:Addresses:0=http://127.0.0.1:9", "--Tasks:MaxRunning=0", "--Tasks:MaxUnfinished=10000", "--Tasks:ClientShare=1", "--Clients:Anonymous:Burst=10000"]);
        await using var bare = await ServiceProcess.StartAsync("Bench", [BareServer.Argument]);
        var (accept, first) = await BurstsAsync(idle, "/v1/tasks", 202, jpeg);
        var (floor, _) = await BurstsAsync(bare, "/empty", 200, jpeg);
        report.Figure("accept_p50_ms", accept, $"{Tasks} tasks posted at once, over connections that are open, to a gateway with nothing else to do, warm; reach 100");
        report.Figure("accept_first_p50_ms", first, "the same for the first burst, which compiles");
        report.Figure("accept_bare_p50_ms", floor, "the same to a bare Kestrel handler that reads and hashes the uploads and keeps nothing");
        report.Figure("accept_over_bare", accept / floor, "accept_p50_ms over that");
    }

    /// <summary>The median answer of a burst: the median of the last five of twelve bursts, and the first.</summary>
    private static async Task<(double Warm, double First)> BurstsAsync(ServiceProcess server, string path, int status, byte[] jpeg)
    {
        var medians = await Burst.RepeatAsync(server.Address, 12, path, status, Tasks, i => TestPhoto.Unique(jpeg, i));
        return (At([.. medians[^5..].Order()], 0.5), medians[0]);
    }

    private static async Task<(double[] Seconds, double Span)> InteractiveAsync(HttpClient http, byte[] jpeg, int first)
    {
        var (seconds, next, started) = (new List<double>(), 0, Stopwatch.GetTimestamp());
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= Images;)
            {
                var from = Stopwatch.GetTimestamp();
                await Load.CutAsync(http, TestPhoto.Unique(jpeg, first + i));
                lock (seconds) seconds.Add(Stopwatch.GetElapsedTime(from).TotalSeconds);
            }
        }));
        return ([.. seconds.Order()], Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static double At(double[] sorted, double share) => sorted[(int)Math.Min(sorted.Length - 1, share * sorted.Length)];
}
