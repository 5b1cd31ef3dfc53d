using System.Text.Json;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Tasks;

/// <summary>Everything at once: two thousand tasks while gateways and pods are killed in turn.</summary>
[Collection(nameof(TaskApi))]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private const int Tasks = 2000;
    private const int Kills = 6;

    [Fact]
    public async Task TwoThousandTasksUnderRandomKills_EachEndsInExactlyOneState()
    {
        await using var redis = await RedisServer.StartAsync(appendOnly: true);
        await using var platform = await Testing.Platform.StartAsync(pods: 2, gateways: 2, gatewayArguments:
        [
            $"--ConnectionStrings:Redis={redis.ConnectionString}", "--Tasks:Lease=00:00:02", "--Tasks:PollEvery=00:00:00.2", "--Tasks:RetryDelay=00:00:00.2",
            "--Pods:ProbeEvery=00:00:00.2", "--Pods:EjectionTime=00:00:00.5", "--Clients:Anonymous:RatePerSecond=100000", "--Clients:Anonymous:Burst=100000",
        ]);
        using var api = new TaskApi([.. platform.Gateways.Select(gateway => gateway.Address)]);

        // 1. Two hundred clients post, and wait for the ends.
        var ends = new string[Tasks];
        var ids = new string[Tasks];
        var ended = 0;
        var work = Parallel.ForEachAsync(Enumerable.Range(0, Tasks), new ParallelOptions { MaxDegreeOfParallelism = 200 }, async (i, _) =>
        {
            ids[i] = await api.PostAsync(TaskApi.Picture(i));
            ends[i] = TaskApi.Status(await api.EndOfAsync(ids[i]));
            Interlocked.Increment(ref ended);
        });

        // 2. Each time that a share of them is done, somebody dies, chosen by a fixed seed, and is started again at its address.
        var random = new Random(5);
        for (var kill = 1; kill <= Kills; kill++)
        {
            await Eventually.TrueAsync(() => work.IsCompleted || Volatile.Read(ref ended) >= Tasks * kill / (Kills + 2), "tasks go on", TimeSpan.FromMinutes(2));
            var fleet = random.Next(2) == 0 ? platform.Gateways : platform.Pods;
            var victim = fleet[random.Next(2)];
            await victim.KillAsync();
            await victim.DisposeAsync();
            fleet.Remove(victim);
            if (fleet == platform.Pods) await platform.StartPodAsync(victim.Port, victim.ManagementPort);
            else await platform.StartGatewayAsync(victim.Port, victim.ManagementPort);
        }
        await work;

        // 3. Every task is in exactly one final state, the one that its client was told, and nothing is left in the queue.
        foreach (var group in ends.CountBy(end => end)) output.WriteLine($"{group.Key}: {group.Value}");
        ids.Distinct().Count().ShouldBe(Tasks);
        ends.ShouldAllBe(end => end == "succeeded" || end == "failed");
        var now = new string[Tasks];
        await Parallel.ForEachAsync(Enumerable.Range(0, Tasks), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (i, _) => now[i] = TaskApi.Status(await api.ShowAsync(ids[i])));
        now.ShouldBe(ends);
        (await redis.CommandAsync("ZCARD rembg:{tasks}:2:waiting")).ShouldBe(":0");
        (await redis.CommandAsync("HGET rembg:{tasks}:2:usage tasks")).ShouldBe("$-1");
        (await redis.CommandAsync("ZCARD rembg:{tasks}:2:dead")).ShouldBe($":{ends.Count(end => end == "failed")}");
    }
}
