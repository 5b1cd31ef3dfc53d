using System.Diagnostics;
using Rembg.Platform.Tests.Tasks;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Faults;

/// <summary>A gateway that dies beside another one, under load and in the middle of tasks.</summary>
[Collection(OneFaultAtATime.Name)]
public sealed class GatewayFaultTests(FaultTable table, ITestOutputHelper output)
{
    [Fact]
    public async Task GatewayKilled_LosesNoTask_AndItsCallersAreServedByTheOther()
    {
        await using var redis = await RedisServer.StartAsync(appendOnly: true);
        await using var platform = await FaultyPlatform.StartAsync(pods: 2, gateways: 2, gatewayArguments:
            [$"--ConnectionStrings:Redis={redis.ConnectionString}", "--Tasks:Lease=00:00:03"]);
        await using var load = await SteadyLoad.StartAsync(platform.Gateways);

        load.FaultBegins();
        var killed = platform.Gateways[0];
        await killed.KillAsync();
        await load.GoesOnAsync(requests: 40);
        await platform.StartGatewayAsync(killed.Port, killed.ManagementPort);
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("gateway: one of two, `kill -9`, started again after 1 s", report, output);
        report.Resent.ShouldBeGreaterThan(0, "half of the callers met a dead gateway");
        report.TasksLost.ShouldBe(0);
        // A gateway that starts asks its pods for their models before it listens.
        report.Failures.ShouldBeEmpty();
    }

    /// <summary>The bound is lease + poll + the run. The lease was renewed up to a third of its length before the kill, so most deaths cost less.</summary>
    [Fact]
    public async Task TasksOfAKilledGateway_AreRunByAnother()
    {
        var (lease, poll) = (TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(0.5));
        await using var redis = await RedisServer.StartAsync(appendOnly: true);
        await using var pod = await FakePod.StartAsync();
        pod.Always = PodScripts.After(new TaskCompletionSource().Task, PodScripts.Cutout());
        await using var first = await StartAsync();
        using var api = new TaskApi(first.Address);
        var ids = await Task.WhenAll(Enumerable.Range(0, 2).Select(i => api.PostAsync(TaskApi.Picture(i))));
        await Eventually.TrueAsync(() => pod.InFlight == 2, "the first gateway runs both");
        pod.Always = PodScripts.Cutout();
        await using var second = await StartAsync(); // only now, so that both are the first one's

        await first.KillAsync();
        var clock = Stopwatch.StartNew();
        using var other = new TaskApi(second.Address);
        foreach (var id in ids) TaskApi.Status(await other.EndOfAsync(id)).ShouldBe("succeeded");

        output.WriteLine($"Both tasks had succeeded {clock.Elapsed.TotalSeconds:F1} s after the kill, with a lease of {lease.TotalSeconds} s and a poll of {poll.TotalSeconds} s.");

        async Task<ServiceProcess> StartAsync()
        {
            var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
            [
                $"--Pods:Addresses:0={pod.Address}", $"--Pods:ManagementAddresses:0={pod.Address}", $"--ConnectionStrings:Redis={redis.ConnectionString}",
                $"--Tasks:Lease={lease}", $"--Tasks:PollEvery={poll}",
            ]);
            await gateway.ReadyAsync();
            return gateway;
        }
    }
}
