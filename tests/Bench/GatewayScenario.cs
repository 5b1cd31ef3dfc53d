using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>
/// What the gateway adds to a miss: the same upload straight to a pod and through the gateway, in turns, one at a time.
/// And the memory that it takes when many upload at once.
/// </summary>
internal static class GatewayScenario
{
    private const int UploadBytes = 1_200_000;
    private const int WarmUps = 1000;
    private const int Runs = 400;
    private const int Crowd = 200;

    public static async Task RunAsync(Report report)
    {
        await using var pod = await GatewayProcess.StartPodAsync(CacheScenario.AnswerBytes);
        await using var gateway = await GatewayProcess.StartAsync(pod);
        using var straight = await RawClient.ConnectAsync(pod.Port);
        using var through = await RawClient.ConnectAsync(gateway.Port);

        var upload = GatewayProcess.Upload(UploadBytes);
        var (direct, added) = (new List<double>(), new List<double>());
        for (var i = 0; i < WarmUps + Runs; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(upload.AsSpan(1000), i); // each is another picture: no hits
            var alone = await TimeAsync(() => straight.PostAsync("/v1/infer?model=model-a&format=png&channels=rgba&size=full", upload));
            var behind = await TimeAsync(() => through.PostAsync("/v1/remove-background", upload));
            pod.Requests.Clear();
            if (i < WarmUps) continue;
            direct.Add(alone);
            added.Add(behind);
        }

        report.Line($"Upload {UploadBytes / 1e6:0.0} MB, answer {CacheScenario.AnswerBytes / 1e6:0.0} MB, one request at a time, {Runs} of each in turns, a pod that answers at once.");
        report.Line();
        report.Row("way", "p50 ms", "p95 ms");
        report.Row("---", "---:", "---:");
        report.Row("straight to the pod", $"{At(direct, 0.5):F2}", $"{At(direct, 0.95):F2}");
        report.Row("through the gateway, a miss", $"{At(added, 0.5):F2}", $"{At(added, 0.95):F2}");
        report.Line();
        report.Figure("gateway_added_ms", At(added, 0.5) - At(direct, 0.5), "p50 that the gateway adds to a miss; reach 5");
        var before = gateway.ResidentBytes;
        await CrowdAsync(pod, gateway);
        report.Figure("gateway_crowd_mib", (gateway.PeakResidentBytes - before) / 1048576.0, $"memory that {Crowd} such uploads at once add, three times over");
    }

    /// <summary>All uploads are in the gateway before the first is answered.</summary>
    private static async Task CrowdAsync(FakePod pod, ServiceProcess gateway)
    {
        for (var round = 0; round < 3; round++)
        {
            var (all, answer) = (new TaskCompletionSource(), pod.Always);
            pod.Always = PodScripts.After(all.Task, answer);
            var crowd = Enumerable.Range(0, Crowd).Select(async i =>
            {
                using var client = await RawClient.ConnectAsync(gateway.Port);
                var upload = GatewayProcess.Upload(UploadBytes);
                BinaryPrimitives.WriteInt32LittleEndian(upload.AsSpan(2000), round * Crowd + i);
                await client.PostAsync("/v1/remove-background", upload);
            }).ToArray();
            await Eventually.TrueAsync(async () => pod.InFlight + await WaitingAsync(gateway) == Crowd || crowd.Any(call => call.IsFaulted), "all uploads are under way");
            all.SetResult();
            await Task.WhenAll(crowd);
            pod.Always = answer;
            pod.Requests.Clear();
        }
    }

    /// <summary>Requests that wait in the gateway for their turn at the pod.</summary>
    private static async Task<int> WaitingAsync(ServiceProcess gateway)
    {
        using var http = new HttpClient { BaseAddress = gateway.ManagementAddress };
        const string Series = "rembg_gateway_waiting{priority=\"interactive\"} ";
        return int.Parse((await http.GetStringAsync("/metrics")).Split('\n').Single(line => line.StartsWith(Series, StringComparison.Ordinal)).AsSpan(Series.Length), provider: CultureInfo.InvariantCulture);
    }

    private static async Task<double> TimeAsync(Func<Task> call)
    {
        var started = Stopwatch.GetTimestamp();
        await call();
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static double At(List<double> values, double share) => values.Order().ElementAt((int)(share * (values.Count - 1)));
}
