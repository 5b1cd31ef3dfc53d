using Rembg.Testing;

namespace Rembg.Platform.Tests.Tasks;

/// <summary>A task whose image really kills the process that works on it, and what the operator does about it.</summary>
[Collection(nameof(TaskApi))]
public sealed class PoisonTests
{
    [Fact]
    public async Task ImageThatKillsEveryPod_IsADeadLetter_TheOthersAreUnaffected()
    {
        await using var redis = await RedisServer.StartAsync(appendOnly: true);
        await using var first = await ServiceProcess.StartAsync("FakePod", []);
        await using var second = await ServiceProcess.StartAsync("FakePod", []);
        await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            .. new[] { first, second }.SelectMany((pod, i) => new[] { $"--Pods:Addresses:{i}=http://127.0.0.1:{pod.Port}", $"--Pods:ManagementAddresses:{i}=http://127.0.0.1:{pod.Port}" }),
            $"--ConnectionStrings:Redis={redis.ConnectionString}", "--Tasks:MaxAttempts=3", "--Tasks:RetryDelay=00:00:00.1", "--Tasks:PollEvery=00:00:00.1",
            "--Pods:ProbeEvery=00:00:00.2", "--Pods:EjectionTime=00:00:00.5",
        ]);
        await gateway.ReadyAsync();
        using var api = new TaskApi(gateway.Address);

        // 1. The image goes through both pods, which die of it; as on a cluster they are started again.
        var poison = await api.PostAsync([.. TaskApi.Picture(0), .. PodScripts.Poison]);
        await Task.WhenAll(first.ExitAsync(), second.ExitAsync());
        var others = new List<string>();
        for (var i = 1; i <= 20; i++) others.Add(await api.PostAsync(TaskApi.Picture(i)));
        await using var firstAgain = await ServiceProcess.StartAsync("FakePod", [], first.Port);
        await using var secondAgain = await ServiceProcess.StartAsync("FakePod", [], second.Port);

        // 2. It fails after its attempts, without a pod more; the others succeed.
        var task = await api.EndOfAsync(poison);
        TaskApi.Status(task).ShouldBe("failed");
        task.GetProperty("error").GetProperty("code").GetString().ShouldBe("attempts_exhausted");
        task.GetProperty("attempts").GetInt32().ShouldBe(3);
        foreach (var id in others) TaskApi.Status(await api.EndOfAsync(id)).ShouldBe("succeeded");
        (firstAgain.HasExited || secondAgain.HasExited).ShouldBeFalse();

        // 3. The operator lists it, has it tried again (in vain: the image is in quarantine), and drops it.
        (await DeadAsync("list")).ShouldContain($"{poison}  ");
        (await DeadAsync("requeue", poison)).ShouldContain("1 dead letters: requeue");
        await Eventually.TrueAsync(async () => (await DeadAsync("list")).Contains("1 dead letters", StringComparison.Ordinal), "it is a dead letter again");
        (await DeadAsync("drop", "--all")).ShouldContain("1 dead letters: drop");
        (await DeadAsync("list")).ShouldContain("0 dead letters");

        async Task<string> DeadAsync(params string[] words)
        {
            await using var command = ServiceProcess.Launch(RepositoryPaths.Dll("Rembg.Gateway"), ["tasks", "dead", .. words, $"--ConnectionStrings:Redis={redis.ConnectionString}"]);
            (await command.ExitAsync()).ShouldBe(0, command.Log);
            return command.Log;
        }
    }
}
