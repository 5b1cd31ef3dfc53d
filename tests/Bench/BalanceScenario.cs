using System.Diagnostics;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>
/// Four pods of unequal speed, one image at a time each, at 70 % of what they can do together: three gateways, each of
/// which sees a third of the traffic, against one that sees all of it.
/// </summary>
internal static class BalanceScenario
{
    private const int Requests = 600, Rounds = 3;
    private static readonly TimeSpan[] RunTimes = [.. new[] { 40, 40, 80, 160 }.Select(ms => TimeSpan.FromMilliseconds(ms))];

    public static async Task RunAsync(Report report)
    {
        report.Line($"Pods that take {string.Join(", ", RunTimes.Select(t => t.TotalMilliseconds))} ms an image; {Rounds} rounds of {Requests} requests at random times, in turns.");
        report.Line();
        report.Row("gateways", "p50 ms", "p99 ms");
        report.Row("---:", "---:", "---:");
        // The six slowest of one round are chance: each of several rounds has other arrivals, and all are counted together.
        var (one, three) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            one.AddRange(await DriveAsync(1, round));
            three.AddRange(await DriveAsync(3, round));
        }
        foreach (var (gateways, latencies) in new[] { (1, one), (3, three) }) report.Row($"{gateways}", $"{At(latencies, 0.5):F0}", $"{At(latencies, 0.99):F0}");
        report.Line();
        report.Figure("balance_p99_three_over_one", At(three, 0.99) / At(one, 0.99), "p99 with three gateways over that with one; reach 1.5");
    }

    private static double At(List<double> values, double share) => values.Order().ElementAt((int)(share * (values.Count - 1)));

    private static async Task<List<double>> DriveAsync(int gateways, int round)
    {
        var pods = new List<FakePod>();
        var services = new List<ServiceProcess>();
        try
        {
            foreach (var time in RunTimes) pods.Add(await PodAsync(time));
            for (var i = 0; i < gateways; i++)
                services.Add(await ServiceProcess.StartAsync("Rembg.Gateway",
                [
                    "--Clients:Anonymous:RatePerSecond=100000", "--Clients:Anonymous:Burst=100000",
                    .. pods.SelectMany((pod, n) => new[] { $"--Pods:Addresses:{n}={pod.Address}", $"--Pods:ManagementAddresses:{n}={pod.Address}" }),
                ]));
            foreach (var service in services) await service.ReadyAsync();
            var clients = services.Select(service => new HttpClient { BaseAddress = service.Address }).ToArray();
            for (var i = 0; i < 20; i++) await Load.CutAsync(clients[i % gateways], Image(-1 - i));

            var perSecond = 0.7 * RunTimes.Sum(time => 1 / time.TotalSeconds);
            var (random, latencies, answers) = (new Random(round), new List<double>(), new List<Task>());
            var (started, next) = (Stopwatch.GetTimestamp(), 0.0);
            for (var i = 0; i < Requests; i++)
            {
                next += -Math.Log(1 - random.NextDouble()) / perSecond;
                var wait = TimeSpan.FromSeconds(next) - Stopwatch.GetElapsedTime(started);
                if (wait > TimeSpan.Zero) await Task.Delay(wait, TimeProvider.System);
                answers.Add(RequestAsync(clients[i % gateways], i));
            }
            await Task.WhenAll(answers);
            return latencies;

            async Task RequestAsync(HttpClient http, int number)
            {
                var from = Stopwatch.GetTimestamp();
                await Load.CutAsync(http, Image(number));
                lock (latencies) latencies.Add(Stopwatch.GetElapsedTime(from).TotalMilliseconds);
            }
        }
        finally
        {
            foreach (var service in services) await service.DisposeAsync();
            foreach (var pod in pods) await pod.DisposeAsync();
        }
    }

    private static byte[] Image(int number) => TestPhoto.Unique(Photos.Rocket, number);

    /// <summary>One image at a time, and it reports its load and its time as a real pod does.</summary>
    private static async Task<FakePod> PodAsync(TimeSpan runTime)
    {
        var pod = await FakePod.StartAsync();
        var executor = new SemaphoreSlim(1);
        pod.Always = async (context, request) =>
        {
            await executor.WaitAsync(context.RequestAborted);
            try
            {
                await Task.Delay(runTime, TimeProvider.System, context.RequestAborted);
            }
            finally
            {
                executor.Release();
            }
            await PodScripts.Cutout(load: pod.InFlight, infer: runTime.TotalMilliseconds)(context, request);
        };
        return pod;
    }
}
