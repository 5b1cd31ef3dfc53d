using Rembg.Testing;

namespace Rembg.Platform.Tests.Tasks;

/// <summary>Real gateways that are killed, stopped or cut off from Redis in the middle of tasks; the pod holds them there.</summary>
[Collection(nameof(TaskApi))]
public sealed class GatewayDeathTests : IAsyncLifetime
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<ServiceProcess> _gateways = [];
    private RedisServer _redis = null!;
    private FakePod _pod = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(appendOnly: true);
        _pod = await FakePod.StartAsync();
        _pod.Always = PodScripts.After(_open.Task, PodScripts.Cutout());
    }

    public async Task DisposeAsync()
    {
        _open.TrySetResult();
        foreach (var gateway in _gateways) await gateway.DisposeAsync();
        await _pod.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task GatewayKilledInTheMiddleOfTasks_AnotherFinishesThem()
    {
        var first = await StartAsync("Tasks:Lease=00:00:02");
        var ids = await PostUntilTwoRunAsync(first);

        await first.KillAsync();
        var second = await StartAsync("Tasks:Lease=00:00:02");
        _open.SetResult();

        using var api = new TaskApi(second.Address);
        foreach (var id in ids) TaskApi.Status(await api.EndOfAsync(id)).ShouldBe("succeeded");
        (await AttemptsAsync(api, ids)).ShouldBe([1, 1, 2, 2]); // what ran when it was killed ran again
    }

    [Fact]
    public async Task GatewayStopped_GivesBackWhatDoesNotEndInTime_WithoutWaitingForTheLease()
    {
        var first = await StartAsync("Tasks:Lease=01:00:00", "Service:DrainSeconds=2");
        var ids = await PostUntilTwoRunAsync(first);

        (await first.TerminateAsync()).ShouldBe(0);
        var second = await StartAsync("Tasks:Lease=01:00:00");
        _open.SetResult();

        using var api = new TaskApi(second.Address);
        foreach (var id in ids) TaskApi.Status(await api.EndOfAsync(id)).ShouldBe("succeeded");
        (await AttemptsAsync(api, ids)).ShouldBe([1, 1, 1, 1]); // an interrupted run is not the task's fault
    }

    [Fact]
    public async Task GatewayStopped_FinishesWhatEndsInTimeAndTakesNoMore()
    {
        var first = await StartAsync("Service:DrainSeconds=60");
        var ids = await PostUntilTwoRunAsync(first);

        var ended = first.TerminateAsync();
        await Eventually.TrueAsync(() => first.Log.Contains("shutting down", StringComparison.Ordinal), "the gateway begins to stop");
        _open.SetResult();
        (await ended).ShouldBe(0);

        _pod.Requests.Count.ShouldBe(2);
        var second = await StartAsync();
        using var api = new TaskApi(second.Address);
        foreach (var id in ids) TaskApi.Status(await api.EndOfAsync(id)).ShouldBe("succeeded");
        _pod.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task RedisRestartedInTheMiddleOfTasks_NoneIsLost()
    {
        var gateway = await StartAsync("Tasks:Lease=00:00:05");
        var ids = await PostUntilTwoRunAsync(gateway);

        await _redis.StopAsync();
        _open.SetResult(); // the runs end while there is nobody to tell
        await Eventually.TrueAsync(() => _pod.InFlight == 0, "the runs end");
        await _redis.RestartAsync();

        using var api = new TaskApi(gateway.Address);
        foreach (var id in ids) TaskApi.Status(await api.EndOfAsync(id)).ShouldBe("succeeded");
    }

    private async Task<ServiceProcess> StartAsync(params string[] settings)
    {
        var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            $"--Pods:Addresses:0={_pod.Address}", $"--Pods:ManagementAddresses:0={_pod.Address}", $"--ConnectionStrings:Redis={_redis.ConnectionString}",
            "--Tasks:PollEvery=00:00:00.2", "--Pods:ProbeEvery=00:00:00.2", "--Tasks:MaxRunning=2", .. settings.Select(setting => "--" + setting),
        ]);
        _gateways.Add(gateway);
        await gateway.ReadyAsync();
        return gateway;
    }

    /// <summary>Four tasks, of which two are in the pod and two wait.</summary>
    private async Task<string[]> PostUntilTwoRunAsync(ServiceProcess gateway)
    {
        using var api = new TaskApi(gateway.Address);
        var ids = new List<string>();
        for (var i = 0; i < 4; i++) ids.Add(await api.PostAsync(TaskApi.Picture(i)));
        await Eventually.TrueAsync(() => _pod.InFlight == 2, "two tasks run");
        return [.. ids];
    }

    private static async Task<int[]> AttemptsAsync(TaskApi api, string[] ids)
    {
        var tasks = await Task.WhenAll(ids.Select(id => api.ShowAsync(id)));
        return [.. tasks.Select(task => task.GetProperty("attempts").GetInt32()).Order()];
    }
}
