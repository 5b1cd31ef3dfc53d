using System.Diagnostics;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>Cache hits against the least they can cost, in turns, over the same client, each server a process of its own.</summary>
internal static class CacheScenario
{
    public const int AnswerBytes = 1_500_000;
    private const int UploadBytes = 1_200_000;
    private const int Connections = 8;
    private const int Rounds = 5;

    /// <summary>By count, not time: before the JIT has compiled the hot paths for good, a third of the CPU is its own.</summary>
    private const int WarmUps = 3000;
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(3);

    private sealed record Round(double PerSecond, double CpuMilliseconds);

    public static async Task RunAsync(Report report)
    {
        await using var pod = await GatewayProcess.StartPodAsync(AnswerBytes);
        await using var gateway = await GatewayProcess.StartAsync(pod);
        // A web application, as the gateway, has the server's garbage collector.
        await using var bare = await ServiceProcess.StartAsync("Bench", [BareServer.Argument], environment: new Dictionary<string, string> { ["DOTNET_gcServer"] = "1" });

        var (hits, floors) = (new List<Round>(), new List<Round>());
        foreach (var server in new[] { bare, gateway }) await DriveAsync(server, answers => answers < WarmUps);
        for (var i = 0; i < Rounds; i++)
        {
            floors.Add(await MeasureAsync(bare, RoundLength));
            hits.Add(await MeasureAsync(gateway, RoundLength));
        }
        if (pod.Requests.Count != 1) throw new InvalidOperationException($"The pod was asked {pod.Requests.Count} times: these were no hits.");

        report.Line($"Upload {UploadBytes / 1e6:0.0} MB, answer {AnswerBytes / 1e6:0.0} MB, {Connections} connections, medians of {Rounds} rounds of {RoundLength.TotalSeconds} s in turns.");
        report.Line();
        report.Row("server", "answers/s", "CPU ms an answer");
        report.Row("---", "---:", "---:");
        Print("bare Kestrel handler", floors);
        Print("gateway, hit", hits);
        report.Line();
        report.Figure("hit_over_bare", Median(hits, r => r.PerSecond) / Median(floors, r => r.PerSecond), "hits/s over the bare handler's answers/s; reach 0.7");
        report.Figure("hit_cpu_over_bare", Median(hits, r => r.CpuMilliseconds) / Median(floors, r => r.CpuMilliseconds), "CPU of the server's process for an answer, the same way");

        void Print(string name, List<Round> rounds) => report.Row(name, $"{Median(rounds, r => r.PerSecond):F0}", $"{Median(rounds, r => r.CpuMilliseconds):F2}");
    }

    private static async Task<Round> MeasureAsync(ServiceProcess server, TimeSpan length)
    {
        var (cpu, started) = (Cpu(server), Stopwatch.GetTimestamp());
        var answers = await DriveAsync(server, _ => Stopwatch.GetElapsedTime(started) < length);
        var took = Stopwatch.GetElapsedTime(started);
        return new(answers / took.TotalSeconds, (Cpu(server) - cpu).TotalMilliseconds / answers);
    }

    private static async Task<int> DriveAsync(ServiceProcess server, Func<int, bool> goesOn)
    {
        var (upload, answers) = (GatewayProcess.Upload(UploadBytes), 0);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(_ => Task.Run(async () =>
        {
            using var client = await RawClient.ConnectAsync(server.Port);
            while (goesOn(Volatile.Read(ref answers)))
            {
                await client.PostAsync("/v1/remove-background", upload);
                Interlocked.Increment(ref answers);
            }
        })));
        return answers;
    }

    private static TimeSpan Cpu(ServiceProcess server)
    {
        using var process = Process.GetProcessById(server.Id);
        return process.TotalProcessorTime;
    }

    private static double Median(List<Round> rounds, Func<Round, double> value) => rounds.Select(value).Order().ElementAt(rounds.Count / 2);
}
