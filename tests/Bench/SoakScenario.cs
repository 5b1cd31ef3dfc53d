using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>
/// Thousands of mixed requests by eight clients: every format in and out, small and large, broken files, clients that
/// leave. The resident memory of gateway and pod is sampled; once warm it must not climb.
/// </summary>
internal static class SoakScenario
{
    private const int Clients = 8, SampleEvery = 50;

    public static async Task RunAsync(Report report)
    {
        var model = Environment.GetEnvironmentVariable("MODEL") ?? "isnet-general-use-512";
        var requests = int.Parse(Environment.GetEnvironmentVariable("SOAK_REQUESTS") ?? "2000", System.Globalization.CultureInfo.InvariantCulture);
        await using var platform = await Platform.StartWithRealModelAsync(model, podArguments: ["--Batching:MaxBatchSize=1"],
            gatewayArguments: ["--Uploads:ClientShare=1", "--Clients:Anonymous:RatePerSecond=100000", "--Clients:Anonymous:Burst=100000"]);
        var samples = new List<(int Request, double Pod, double Gateway)>();
        var statuses = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var mix = Mix();
        var next = 0;
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= requests;)
            {
                var status = await RequestAsync(platform.Http, mix, i);
                lock (samples)
                {
                    statuses[status] = statuses.GetValueOrDefault(status) + 1;
                    if (i % SampleEvery == 0) samples.Add((i, Mebibytes(platform.Pods[0]), Mebibytes(platform.Gateways[0])));
                }
            }
        }));

        report.Line($"{model}, {requests} requests by {Clients} clients: {string.Join(", ", statuses.Select(s => $"{s.Value} × {s.Key}"))}.");
        report.Line();
        report.Row("requests", "pod MiB", "gateway MiB");
        report.Row("---:", "---:", "---:");
        foreach (var (request, pod, gateway) in samples.Where((_, i) => i % Math.Max(1, samples.Count / 10) == 0 || i == samples.Count - 1))
            report.Row($"{request}", $"{pod:F0}", $"{gateway:F0}");
        report.Line();
        // The first half fills pools, and the gateway's cache up to its bound.
        var warm = samples.Where(s => s.Request > requests / 2).ToArray();
        report.Figure("soak_pod_slope_mib_per_1000", 1000 * Slope(warm, s => s.Pod), "growth of the pod's resident memory, least squares over the second half");
        report.Figure("soak_gateway_slope_mib_per_1000", 1000 * Slope(warm, s => s.Gateway), "the same of the gateway");
        report.Figure("soak_pod_peak_mib", platform.Pods[0].PeakResidentBytes / 1048576.0, "highest resident memory of the pod");
        report.Figure("soak_gateway_peak_mib", platform.Gateways[0].PeakResidentBytes / 1048576.0, "highest resident memory of the gateway");
        report.Figure("soak_5xx", statuses.Where(s => s.Key.StartsWith('5')).Sum(s => s.Value), "answers of 500 and above; reach 0");
    }

    private static (byte[] Image, string Query)[] Mix()
    {
        var small = TestPhoto.Jpeg(800, 600);
        return
        [
            (TestPhoto.Jpeg(2000, 1500), ""), (small, "?format=webp"), (Photos.Astronaut, ""), (TestPhoto.Jpeg(4000, 3000), "?format=jpg&bg_color=navy"),
            (small, "?format=zip"), (Photos.Rocket, "?channels=alpha"), (TestPhoto.Jpeg(3000, 2000), "?size=preview"), (small[..(small.Length / 2)], ""),
            (TestPhoto.Jpeg(1500, 2000), "?post_process_mask=true"), ("not an image"u8.ToArray(), ""), (Photos.Read("chelsea.png"), "?bg_color=f00"), (small, ""),
        ];
    }

    /// <summary>The status, or <c>left</c> for every 17th client, which does not wait for its answer.</summary>
    private static async Task<string> RequestAsync(HttpClient http, (byte[] Image, string Query)[] mix, int i)
    {
        var (image, query) = mix[i % mix.Length];
        using var content = new ByteArrayContent(TestPhoto.Unique(image, i));
        using var patience = new CancellationTokenSource();
        if (i % 17 == 0) patience.CancelAfter(TimeSpan.FromMilliseconds(50));
        try
        {
            using var answer = await http.PostAsync("/v1/remove-background" + query, content, patience.Token);
            return ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (OperationCanceledException)
        {
            return "left";
        }
    }

    private static double Mebibytes(ServiceProcess process) => process.ResidentBytes / 1048576.0;

    private static double Slope((int Request, double Pod, double Gateway)[] samples, Func<(int Request, double Pod, double Gateway), double> value)
    {
        var (x, y) = (samples.Average(s => s.Request), samples.Average(s => value(s)));
        return samples.Sum(s => (s.Request - x) * (value(s) - y)) / samples.Sum(s => Math.Pow(s.Request - x, 2));
    }
}
