using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Faults;

/// <summary>The store of limits, cache and tasks dies and comes back.</summary>
[Collection(OneFaultAtATime.Name)]
public sealed class RedisFaultTests(FaultTable table, ITestOutputHelper output)
{
    [Fact]
    public async Task RedisKilled_CutoutsGoOn_TasksAreRefusedMeanwhile_AndNoneIsLost()
    {
        // What was accepted must be on the disk: with the usual everysec, a crash of the whole machine may cost a second.
        await using var redis = await RedisServer.StartAsync(appendOnly: true, "--appendfsync", "always");
        await using var platform = await FaultyPlatform.StartAsync(pods: 2, gateways: 2, gatewayArguments:
            [$"--ConnectionStrings:Redis={redis.ConnectionString}", "--Tasks:Lease=00:00:03"]);
        await using var load = await SteadyLoad.StartAsync(platform.Gateways);

        load.FaultBegins();
        await redis.KillAsync();
        await load.GoesOnAsync(requests: 80);
        await redis.RestartAsync();
        await load.GoesWellAsync();

        var report = await load.EndAsync();
        table.Add("Redis: `kill -9`, started again after 2 s (AOF, `appendfsync always`)", report, output);
        report.Requests.Where(sent => sent is { IsTask: false, Succeeded: false }).ShouldBeEmpty();
        report.FailureCodes.ShouldBe(["503 overloaded"], "tasks, while there was nowhere to keep them");
        report.TaskEnds.Count.ShouldBeGreaterThan(0);
        report.TasksLost.ShouldBe(0);
    }
}
