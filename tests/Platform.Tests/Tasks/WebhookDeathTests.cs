using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Tasks;

/// <summary>Real gateways that are killed while they tell of ends.</summary>
[Collection(nameof(TaskApi))]
public sealed class WebhookDeathTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<(string Id, string Task)> _told = [];
    private readonly List<ServiceProcess> _gateways = [];
    private WebApplication _receiver = null!;
    private RedisServer _redis = null!;
    private FakePod _pod = null!;

    /// <summary>Whether the receiver answers; until then it holds what it is sent.</summary>
    private volatile bool _answers = true;
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(appendOnly: true);
        _pod = await FakePod.StartAsync();
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        _receiver = builder.Build();
        _receiver.Run(async context =>
        {
            if (!_answers)
            {
                Interlocked.Increment(ref _held);
                await _released.Task;
                return;
            }
            var message = await JsonDocument.ParseAsync(context.Request.Body);
            _told.Enqueue((context.Request.Headers["webhook-id"].ToString(), message.RootElement.GetProperty("data").GetProperty("id").GetString()!));
        });
        await _receiver.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _released.SetResult();
        foreach (var gateway in _gateways) await gateway.DisposeAsync();
        await _receiver.DisposeAsync();
        await _pod.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task GatewayKilledWhileItDelivers_AnotherDelivers()
    {
        _answers = false;
        var first = await StartAsync();
        using var api = new TaskApi(first.Address);
        var id = await api.PostAsync(TaskApi.Picture(1), Query);
        await Eventually.TrueAsync(() => Volatile.Read(ref _held) == 1, "the receiver has it and does not answer");

        await first.KillAsync();
        _answers = true;
        await StartAsync();

        await Eventually.TrueAsync(() => !_told.IsEmpty, "another gateway delivers it", TimeSpan.FromMinutes(1));
        _told.Select(told => told.Task).ShouldBe([id]);
    }

    [Fact]
    public async Task ThreeHundredTasksUnderKills_EachEndIsToldAtLeastOnceAndNoOther()
    {
        const int tasks = 300;
        using var api = new TaskApi((await StartAsync()).Address, (await StartAsync()).Address);
        var ids = new string[tasks];
        var work = Parallel.ForEachAsync(Enumerable.Range(0, tasks), new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (i, _) => ids[i] = await api.PostAsync(TaskApi.Picture(i), Query));
        for (var kill = 1; kill <= 4; kill++)
        {
            await Eventually.TrueAsync(() => _told.Count >= tasks * kill / 6, "some are told", TimeSpan.FromMinutes(2));
            var victim = _gateways[kill % 2];
            await victim.KillAsync();
            await victim.DisposeAsync();
            _gateways[kill % 2] = await StartAsync(victim.Port, victim.ManagementPort);
            _gateways.RemoveAt(2);
        }
        await work;

        await Eventually.TrueAsync(() => _told.Select(told => told.Task).Distinct().Count() == tasks, "all are told", TimeSpan.FromMinutes(2));
        _told.Select(told => told.Task).Distinct().Order().ShouldBe(ids.Order());
        _told.Select(told => told.Id).Distinct().Count().ShouldBe(tasks, "a repetition has the id of the first");
        await Eventually.TrueAsync(async () => await _redis.CommandAsync("HGET rembg:{tasks}:2:usage deliveries") == "$-1", "none waits any more");
    }

    private string Query => $"?webhook_url={Uri.EscapeDataString(_receiver.Urls.Single() + "/hook")}";

    private async Task<ServiceProcess> StartAsync(int port = 0, int managementPort = 0)
    {
        var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            $"--Pods:Addresses:0={_pod.Address}", $"--Pods:ManagementAddresses:0={_pod.Address}", $"--ConnectionStrings:Redis={_redis.ConnectionString}",
            "--Tasks:PollEvery=00:00:00.2", "--Tasks:Lease=00:00:02", "--Pods:ProbeEvery=00:00:00.2", "--Clients:Anonymous:Burst=100000", "--Tasks:ClientShare=1",
            "--Webhooks:AllowHttp=true", "--Webhooks:Timeout=00:00:01", "--Webhooks:RetryDelay=00:00:00.2", $"--Webhooks:Secrets:0=whsec_{Convert.ToBase64String(new byte[32])}",
            "--Fetching:AllowedNetworks:0=127.0.0.1", $"--Fetching:AllowedPorts:0={new Uri(_receiver.Urls.Single()).Port}",
        ], port, managementPort);
        _gateways.Add(gateway);
        await gateway.ReadyAsync();
        return gateway;
    }
}
