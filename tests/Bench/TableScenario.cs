using System.Diagnostics;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>
/// The article's table, on the same images and cores: (a) a session per request, one at a time; (b) one shared session,
/// unbounded concurrency; (c) the platform, synchronous; (d) the platform, tasks. (a) and (b) are baselines
/// (<see cref="NaiveServer"/>).
/// </summary>
internal static class TableScenario
{
    private const int LeastImages = 100;

    /// <summary>Small pictures that each server answers first, so that none is timed while it compiles itself: the runtime counts to 30, twice.</summary>
    private const int WarmUps = 64;
    private const double KillAtGibibytes = 12;
    private static readonly int[] ClientCounts = [15, 40, 200];

    private static readonly (string Name, Func<string, byte[][], int, Task<Result>> Run)[] Cases =
    [
        ("(a) session per request", (model, images, clients) => NaiveAsync(NaiveServer.PerRequest, model, images, clients)),
        ("(b) shared session", (model, images, clients) => NaiveAsync(NaiveServer.Shared, model, images, clients)),
        ("(c) platform", (model, images, clients) => PlatformAsync(model, images, clients)),
        ("(d) platform, tasks", (model, images, clients) => PlatformAsync(model, images, clients, new TaskClients(clients))),
    ];

    private sealed record Result(double[] Seconds, int Failed, double Elapsed, double[] AcceptSeconds, double PeakGibibytes, bool Killed)
    {
        public int Done => Seconds.Length;
        public double PerSecond => Done / Elapsed;
        public double Mean => Done == 0 ? double.NaN : Seconds.Average();
    }

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use-512";
        var jpeg = TestPhoto.Jpeg(2600, 1950);
        report.Line($"{model}; JPEGs of {jpeg.Length / 1e6:F2} MB, {LeastImages} of them or one a client. A server whose memory passes {KillAtGibibytes} GiB is ended.");
        report.Line();
        report.Row("case", "clients", "mean s", "p95 s", "succeeded", "images/s", "peak GiB", "accepted p50 ms");
        report.Row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:");
        var results = new Dictionary<(char Case, int Clients), Result>();
        foreach (var clients in ClientCounts)
        {
            var images = Enumerable.Range(0, Math.Max(LeastImages, clients)).Select(i => TestPhoto.Unique(jpeg, i)).ToArray();
            foreach (var (name, run) in Cases)
            {
                var result = results[(name[1], clients)] = await run(model, images, clients);
                Print(report, name, clients, result);
            }
        }
        report.Chart(Chart(results, model).ToString());
        report.Line();
        report.Figure("table_c_success_200", Share(results[('c', 200)]), "share that succeeded in (c) with 200 clients; reach 1");
        report.Figure("table_d_success_200", Share(results[('d', 200)]), "the same in (d); reach 1");
        report.Figure("table_c_over_a", ClientCounts.Min(n => results[('c', n)].PerSecond / results[('a', n)].PerSecond), "images/s of (c) over (a), the least of the three; reach 1.5");
        report.Figure("table_c_over_b", ClientCounts.Min(n => results[('c', n)].PerSecond / results[('b', n)].PerSecond), "images/s of (c) over (b), the least of the three; reach 1");
        report.Figure("table_d_accept_p50_ms", results[('d', 200)].AcceptSeconds.Order().ElementAt(results[('d', 200)].AcceptSeconds.Length / 2) * 1000, "(d), all 200 at once, the pod at work on the same cores, the gateway warm; reach 100");
        report.Figure("table_c_memory_200_over_15", results[('c', 200)].PeakGibibytes / results[('c', 15)].PeakGibibytes, "peak memory of gateway and pod at 200 clients over that at 15");
        report.Figure("table_d_memory_200_over_15", results[('d', 200)].PeakGibibytes / results[('d', 15)].PeakGibibytes, "the same in (d)");

        static double Share(Result result) => (double)result.Done / (result.Done + result.Failed);
    }

    private static BarChart Chart(Dictionary<(char Case, int Clients), Result> results, string model)
    {
        var chart = new BarChart($"The article's table, {model}", [.. ClientCounts.Select(n => $"{n} clients")], [.. Cases.Select(c => c.Name)]);
        Panel("images a second", result => result.PerSecond);
        Panel("mean response, s", result => result.Mean);
        Panel("succeeded, %", result => 100.0 * result.Done / (result.Done + result.Failed));
        Panel("peak memory, GiB", result => result.PeakGibibytes);
        return chart;

        void Panel(string name, Func<Result, double> value) => chart.Panel(name, (group, series) => value(results[(Cases[series].Name[1], ClientCounts[group])]));
    }

    private static void Print(Report report, string name, int clients, Result result) => report.Row(
        name, $"{clients}", $"{result.Mean:F1}", $"{(result.Done == 0 ? double.NaN : result.Seconds.Order().ElementAt((int)(result.Done * 0.95))):F1}",
        $"{(double)result.Done / (result.Done + result.Failed):P0}{(result.Killed ? ", ended" : "")}", $"{result.PerSecond:F2}", $"{result.PeakGibibytes:F1}",
        result.AcceptSeconds.Length == 0 ? "" : $"{result.AcceptSeconds.Order().ElementAt(result.AcceptSeconds.Length / 2) * 1000:F0}");

    private static async Task<Result> NaiveAsync(string naive, string model, byte[][] images, int clients)
    {
        await using var server = await ServiceProcess.StartAsync("Bench", [NaiveServer.Argument, $"--Naive={naive}", $"--Model={model}"]);
        return await DriveAsync([server], server.Address, images, clients, SynchronousAsync);
    }

    private static async Task<Result> PlatformAsync(string model, byte[][] images, int clients, TaskClients? tasks = null)
    {
        // Deadline and queue so that nobody is refused, and a run a core, for which there is memory: threads of one run wait for each
        // other in every operator.
        await using var platform = await Platform.StartWithRealModelAsync(model,
            podArguments: [$"--Batching:Sizes:{model}:0=1", $"--Batching:Executors={Environment.ProcessorCount}", "--Admission:MaxRequests=1000"],
            gatewayArguments: ["--Edge:RequestTimeout=00:30:00", "--Uploads:ClientShare=1", "--Clients:Anonymous:RatePerSecond=100000", "--Clients:Anonymous:Burst=100000"]);
        var gateway = platform.Gateways[0].Address;
        if (tasks is not null) await tasks.WarmUpAsync(gateway, images[0]);
        return await DriveAsync([.. platform.Gateways, .. platform.Pods], gateway, images, clients, tasks is null ? SynchronousAsync : tasks.CutAsync);
    }

    private static async Task<Result> DriveAsync(
        IReadOnlyList<ServiceProcess> servers, Uri address, byte[][] images, int clients, Func<HttpClient, byte[], Action<double>, Task> request)
    {
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 }) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(30) };
        var small = TestPhoto.Jpeg(320, 240);
        var (seconds, accepted, failed, next) = (new List<double>(), new List<double>(), 0, -1);
        await Parallel.ForAsync(0, WarmUps, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) => await Load.CutAsync(http, TestPhoto.Unique(small, -1 - i)));
        await using var memory = new MemoryWatch(servers, KillAtGibibytes);
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < images.Length;)
            {
                var from = Stopwatch.GetTimestamp();
                try
                {
                    await request(http, images[i], took => { lock (accepted) accepted.Add(took); });
                    lock (seconds) seconds.Add(Stopwatch.GetElapsedTime(from).TotalSeconds);
                }
                catch (Exception exception) when (exception.IsLostConnection() || exception is OperationCanceledException)
                {
                    Interlocked.Increment(ref failed);
                }
            }
        })));
        return new([.. seconds], failed, Stopwatch.GetElapsedTime(started).TotalSeconds, [.. accepted], memory.PeakGibibytes, memory.Killed);
    }

    private static Task SynchronousAsync(HttpClient http, byte[] image, Action<double> accepted) => Load.CutAsync(http, image);
}
