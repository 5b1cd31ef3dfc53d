using System.Net;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Pods;

/// <summary>Pods that hold on to their runs and answer nothing, not even probes: hung processes, lost hosts.</summary>
[Trait("Category", "Slow")]
public sealed class SilenceIntegrationTests : IAsyncLifetime
{
    /// <summary>Quick, but not so quick that a busy machine makes a good pod look silent, which would spend a retry.</summary>
    private static readonly string[] QuickProbes = ["Pods:ConnectTimeout=00:00:00.6", "Pods:ProbeEvery=00:00:00.1"];
    private readonly TaskCompletionSource _thaw = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FakePod _hung = null!;
    private FakePod _good = null!;

    public async Task InitializeAsync()
    {
        (_hung, _good) = (await FakePod.StartAsync(), await FakePod.StartAsync());
        _hung.Always = PodScripts.After(_thaw.Task, PodScripts.Cutout());
    }

    public async Task DisposeAsync()
    {
        _thaw.TrySetResult();
        await _hung.DisposeAsync();
        await _good.DisposeAsync();
    }

    [Fact]
    public async Task RunsOfASilentPod_AreGivenToAnother_AndNobodyIsToBlame()
    {
        await using var gateway = await GatewayApp.StartAsync([_hung, _good], QuickProbes);
        var requests = await GiveEachPodAsync(3, gateway);

        _hung.ProbesAnswered = _thaw.Task;

        foreach (var request in requests) (await request).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.MetricsAsync()).ShouldContain("rembg_gateway_upstream_retries_total{reason=\"unresponsive\"} 3");
        await Eventually.TrueAsync(() => _hung.InFlight == 0, "the silent pod has been told that nobody waits");

        // Those images may do the same to another pod without being refused.
        (await gateway.CutAsync(0, query: "?format=webp")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SilentPodWithoutAnother_IsWaitedFor()
    {
        await using var gateway = await GatewayApp.StartAsync([_hung], [.. QuickProbes, "Pods:WaitForPod=00:00:00.1"]);
        var request = gateway.CutAsync();
        await Eventually.TrueAsync(() => _hung.InFlight == 1, "the pod has it");

        _hung.ProbesAnswered = _thaw.Task;
        await gateway.MetricIsAsync("""rembg_gateway_pods{state="unhealthy"} 1""");
        (await gateway.CutAsync(seed: 2)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable, "nothing new goes there");
        _thaw.SetResult();

        (await request).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task SilentPod_IsLeftOnceAnotherComesBack()
    {
        _good.Ready = false;
        await using var gateway = await GatewayApp.StartAsync([_hung, _good], QuickProbes);
        await Eventually.TrueAsync(() => _good.Probes > 5, "the gateway knows that it can't be asked");
        var request = gateway.CutAsync();
        await Eventually.TrueAsync(() => _hung.InFlight == 1, "the pod has it");
        _hung.ProbesAnswered = _thaw.Task;
        await gateway.MetricIsAsync("""rembg_gateway_pods{state="unhealthy"} 2""");

        _good.Ready = true;

        (await request).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task PodThatSaysItIsNotReady_FinishesWhatItHolds()
    {
        await using var gateway = await GatewayApp.StartAsync([_hung, _good], QuickProbes);
        var requests = await GiveEachPodAsync(1, gateway);

        _hung.Ready = false; // it drains
        var probes = _hung.Probes;
        await Eventually.TrueAsync(() => _hung.Probes >= probes + 5, "it has said so often enough");
        _thaw.SetResult();

        foreach (var request in requests) (await request).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.MetricsAsync()).ShouldContain("reason=\"unresponsive\"} 0");
    }

    [Fact]
    public async Task RetriesThatAreSpent_LeaveTheRunsWhereTheyAre()
    {
        await using var gateway = await GatewayApp.StartAsync([_hung, _good], [.. QuickProbes, "Pods:RetryBurst=1", "Pods:RetryShare=0", "Edge:RequestTimeout=00:00:05"]);
        var requests = await GiveEachPodAsync(2, gateway);

        _hung.ProbesAnswered = _thaw.Task;

        var statuses = (await Task.WhenAll(requests)).CountBy(answer => answer.StatusCode).ToDictionary();
        statuses[HttpStatusCode.GatewayTimeout].ShouldBe(1);
        statuses[HttpStatusCode.OK].ShouldBe(requests.Length - 1);
    }

    /// <summary>Requests shared out evenly: each pod holds so many, the good one until told otherwise.</summary>
    private async Task<Task<HttpResponseMessage>[]> GiveEachPodAsync(int runs, GatewayApp gateway)
    {
        var spread = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _good.Always = PodScripts.After(spread.Task, PodScripts.Cutout());
        var requests = new List<Task<HttpResponseMessage>>();
        for (var seed = 0; seed < 2 * runs; seed++)
        {
            requests.Add(gateway.CutAsync(seed));
            await Eventually.TrueAsync(() => _hung.InFlight + _good.InFlight == requests.Count, "a pod has it");
        }
        _hung.InFlight.ShouldBe(runs);
        spread.SetResult();
        return [.. requests];
    }
}
