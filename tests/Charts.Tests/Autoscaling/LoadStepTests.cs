using System.Globalization;
using System.Text.RegularExpressions;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Charts.Tests.Monitoring;
using Xunit.Abstractions;

namespace Rembg.Charts.Tests.Autoscaling;

/// <summary>
/// The chart's own HorizontalPodAutoscaler under a load that rises to five times itself at once. Load and pods are a fluid
/// in steps of one second, without randomness: it shows what the targets, bounds and policies of the chart make of a step, not latencies.
/// </summary>
public sealed partial class LoadStepTests(ITestOutputHelper output)
{
    private const int StepAt = 300, DropAt = 1800, End = 3600, SyncSeconds = 15;

    [Theory]
    [InlineData("cpu", 0, 0.95, 1, 45)]      // 1024 x 1024 on two cores: ./bench.sh engine and cold, plus 38 s to place the pod and list it
    [InlineData("cuda", 0.03, 0.05, 8, 120)] // assumed, as are two minutes for a node
    public async Task FiveTimesTheLoad_IsFollowedWithoutOscillation(string accelerator, double perRun, double perImage, int batch, int startSeconds)
    {
        var release = await Chart.RenderAsync(["--set", $"inference.accelerator={accelerator},inference.autoscaling.maxReplicas=100"]);
        var scaling = release.One<V2HorizontalPodAutoscaler>("inference").Spec;
        var least = scaling.MinReplicas!.Value;
        var capacity = batch / (perRun + batch * perImage);
        var quiet = 0.6 * capacity * least;
        var needed = (int)Math.Ceiling(5 * quiet / capacity);

        var run = Run(release, scaling, perRun, perImage, capacity, startSeconds, second => second is >= StepAt and < DropAt ? 5 * quiet : quiet);

        int[] raised = [.. run.Wanted.Where(w => w.Second is > StepAt and < DropAt).Select(w => w.Pods)];
        var story = $"needed {needed}, wanted {string.Join(' ', raised)}; refused for the last time {run.LastRefusal - StepAt} s after the step";
        output.WriteLine(story);
        run.Wanted.Where(w => w.Second < StepAt).ShouldAllBe(w => w.Pods == least);
        // Two rounds of "up to three times a minute", each with the start of a pod.
        run.LastRefusal.ShouldBeLessThan(StepAt + 90 + 2 * startSeconds, story);
        raised.Max().ShouldBeLessThanOrEqualTo(5 * needed, story);
        // Up once, down once from too many, and then it stays for the last ten minutes.
        Turns(raised).ShouldBeLessThanOrEqualTo(1, story);
        (raised[^40..].Max() - raised[^40..].Min()).ShouldBeLessThanOrEqualTo(2, story);
        raised[^1].ShouldBeInRange(needed + 1, 2 * needed, story);
        run.Wanted[^1].Pods.ShouldBe(least);
    }

    private static (List<(int Second, int Pods)> Wanted, int LastRefusal) Run(
        Release release, V2HorizontalPodAutoscalerSpec scaling, double perRun, double perImage, double capacity, int startSeconds, Func<int, double> imagesPerSecond)
    {
        const double Around = 0.15; // seconds of a request beside the model's: decoding, encoding
        var maxRequests = double.Parse(Settings.Environment(release.One<V1Deployment>("inference").Spec.Template.Spec.Containers[0])["Admission__MaxRequests"], CultureInfo.InvariantCulture);
        var bounds = AdapterRules.Of(release).Rules.ToDictionary(rule => rule.Name.As, rule => double.Parse(UpperBound().Match(rule.MetricsQuery).Groups[1].Value, CultureInfo.InvariantCulture));
        var hpa = new HpaAlgorithm(scaling);
        List<Pod> pods = [.. Enumerable.Range(0, scaling.MinReplicas!.Value).Select(_ => new Pod(0))];
        List<(int Second, int Pods)> wanted = [];
        var lastRefusal = 0;

        for (var second = 0; second < End; second++)
        {
            var ready = pods.Where(pod => pod.ReadyAt <= second).ToList();
            // Gateways avoid full pods: each gets its share of the room that is left.
            var room = ready.Sum(pod => pod.Room(maxRequests, capacity));
            foreach (var pod in ready)
            {
                var waiting = pod.Waiting + imagesPerSecond(second) * pod.Room(maxRequests, capacity) / room;
                var served = Math.Min(waiting, capacity);
                if (waiting - served > maxRequests + 1e-9) lastRefusal = second;
                pod.Waiting = Math.Min(waiting - served, maxRequests);
                // A run takes what arrived during the one before.
                var runSeconds = Math.Max(perRun + perImage, perRun / (1 - served * perImage));
                pod.Seconds.Add((pod.Waiting + served * (runSeconds + Around), pod.Waiting, served * runSeconds));
            }
            if (second % SyncSeconds != 0) continue;
            // Those that go are the youngest; what they hold is served while they drain.
            var count = hpa.Decide(second, [.. pods.Select(pod => pod.Name)], Metric, _ => 0);
            while (pods.Count > count) pods.RemoveAt(pods.Count - 1);
            while (pods.Count < count) pods.Add(new(second + startSeconds));
            wanted.Add((second, count));
        }
        return (wanted, lastRefusal);

        // As the adapter's queries: rates over a minute, up to a bound.
        Dictionary<string, double> Metric(string name) => pods.Where(pod => pod.Seconds.Count > 0).ToDictionary(pod => pod.Name, pod =>
        {
            var minute = pod.Seconds.TakeLast(60).ToList();
            var value = name == "rembg_inference_mean_concurrency" ? minute.Average(s => s.Concurrency) : minute.Sum(s => s.Waiting) / Math.Max(minute.Sum(s => s.Computing), 0.001);
            return Math.Min(value, bounds[name]);
        });
    }

    /// <summary>How often the number turns back by more than a quarter from its last highest or lowest value.</summary>
    private static int Turns(int[] counts)
    {
        var (extreme, direction, turns) = (counts[0], +1, 0);
        foreach (var count in counts)
        {
            if (direction * (count - extreme) > 0) extreme = count;
            if (direction * (extreme - count) <= 0.25 * extreme) continue;
            (extreme, direction, turns) = (count, -direction, turns + 1);
        }
        return turns;
    }

    private sealed class Pod(int readyAt)
    {
        public string Name { get; } = Guid.NewGuid().ToString();
        public int ReadyAt => readyAt;
        public double Waiting { get; set; }

        /// <summary>Requests in the pod, requests that waited, and seconds in the model, second by second.</summary>
        public List<(double Concurrency, double Waiting, double Computing)> Seconds { get; } = [];

        public double Room(double maxRequests, double capacity) => maxRequests + capacity - Waiting;
    }

    [GeneratedRegex(@"^clamp_max\(.*, ([0-9.]+)\) or ")]
    private static partial Regex UpperBound();
}
