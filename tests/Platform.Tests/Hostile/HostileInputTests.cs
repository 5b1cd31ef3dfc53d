using System.Diagnostics;
using System.Globalization;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>
/// Tens of thousands of hostile files against real processes. <c>REMBG_HOSTILE</c> says how many, <c>REMBG_HOSTILE_SEED</c>
/// which ones, <c>REMBG_HOSTILE_FROM</c> the number of the first: a file that is named in a failure is sent again alone by these.
/// </summary>
public class HostileInputTests(ITestOutputHelper output)
{
    private const int AtOnce = 8;
    private const int GoodEvery = 500;

    /// <summary>
    /// The sums of docs/sizing.md and half more: base, pixels and cores of a pod with the default options, whose
    /// waiting uploads are small here; base, cache and a few uploads of the gateway.
    /// </summary>
    internal static readonly long MaxPodBytes = (150 + 512 + 16 * Environment.ProcessorCount) * (3L << 19);
    private static readonly long MaxGatewayBytes = (150 + 64 + 100) * (3L << 19);
    private static readonly int Count = Setting("REMBG_HOSTILE", 20_000);
    private static readonly int Seed = Setting("REMBG_HOSTILE_SEED", 20_261_122);
    private static readonly int From = Setting("REMBG_HOSTILE_FROM", 0);

    [Fact]
    public async Task HostileFiles_AreRefusedOrCutAndHarmNobody()
    {
        await using var platform = await Testing.Platform.StartAsync(
            gatewayArguments: ["--Clients:Anonymous:RatePerSecond=1000000", "--Clients:Anonymous:Burst=1000000", $"--Cache:MaxBytes={64 << 20}"]);
        var (pod, gateway) = (platform.Pods[0], platform.Gateways[0]);
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        var good = await GoodPhoto.FirstAsync(http, pod.Address);

        var (corpus, calls, tally) = (new HostileCorpus(Seed), new HostileCalls(pod.Address, gateway.Address), new Results());
        var watch = Stopwatch.StartNew();
        await Parallel.ForEachAsync(Enumerable.Range(From, Count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, cancellation) =>
        {
            var file = corpus[number];
            using var request = calls.To(file);
            await tally.SendAsync(http, request, file, cancellation);
            if (number % GoodEvery == 0) await good.AgainAsync();
        });
        await good.AgainAsync();

        output.WriteLine($"{tally.Tried:N0} inputs of seed {Seed} from {From} in {watch.Elapsed.TotalSeconds:F0} s: {tally}");
        output.WriteLine($"crashes: {(pod.HasExited ? 1 : 0) + (gateway.HasExited ? 1 : 0)}; peak memory: pod {pod.PeakResidentBytes >> 20} MiB (at the end {pod.ResidentBytes >> 20}), gateway {gateway.PeakResidentBytes >> 20} MiB; good photos in between: {good.Sent}");
        tally.Faults.ShouldBeEmpty();
        (pod.PeakResidentBytes, gateway.PeakResidentBytes).ShouldSatisfyAllConditions(
            peak => peak.Item1.ShouldBeLessThan(MaxPodBytes), peak => peak.Item2.ShouldBeLessThan(MaxGatewayBytes));
        tally.Tried.ShouldBe(Count);
        (pod.HasExited, gateway.HasExited).ShouldBe((false, false));
        (pod.Log + gateway.Log).ShouldNotContain("fail:");
        pod.Log.ShouldNotContain("VIPS", Case.Sensitive, "the decoders' warnings are counted, not printed");
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture) : otherwise;
}
