using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Tasks;
using Rembg.Gateway.Tasks.Redis;
using Rembg.Gateway.Tasks.Webhooks;
using Rembg.Testing;
using StackExchange.Redis;

namespace Rembg.Gateway.Tests.Tasks.Webhooks;

/// <summary>What the scripts promise of deliveries, on a real redis-server.</summary>
public sealed class RedisDeliveriesTests : IAsyncLifetime
{
    private readonly ServiceProvider _metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly TaskOptions _tasks = new() { MaxAttempts = 1 };
    private readonly WebhookOptions _webhooks = new() { MaxConcurrentPerClient = 3, MaxConcurrentPerHost = 2 };
    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private TaskMetrics _queueMetrics = null!;
    private RedisTaskQueue _queue = null!;
    private RedisDeliveries _deliveries = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync(appendOnly: true);
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString);
        _queueMetrics = new(_metrics.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), NullLogger<TaskMetrics>.Instance);
        _queue = new(_connection, _connection, new UploadOptions().ToBudget(TimeProvider.System), Options.Create(_tasks), _queueMetrics);
        _deliveries = new(_connection, Options.Create(_tasks), Options.Create(_webhooks));
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
        await _metrics.DisposeAsync();
    }

    [Fact]
    public async Task EachKindOfEnd_HasItsDelivery()
    {
        string[] ids = [await EnqueueAsync(), await EnqueueAsync(), await EnqueueAsync()];
        var leases = await _queue.TakeAsync(3);
        await _queue.SucceedAsync(leases[0], TaskQueueTests.Answer());
        await _queue.FailAsync(leases[1], Problem.Truncated());
        await _queue.ReturnAsync(leases[2], Problem.BadUpstream(), TimeSpan.Zero);
        (await _queue.TakeAsync(1)).ShouldBeEmpty(); // a dead letter

        List<Delivery> all = [];
        while (await _deliveries.TakeAsync() is { } turn)
        {
            all.AddRange(turn.Deliveries);
            foreach (var delivery in turn.Deliveries) await _deliveries.DeliveredAsync(delivery);
            await _deliveries.EndTurnAsync(turn.Client);
        }

        all.Select(delivery => (Text(delivery, "id"), delivery.Message.Type, Text(delivery, "error", "code"))).ShouldBe(
            [(ids[0], "task.succeeded", null), (ids[1], "task.failed", "truncated_image"), (ids[2], "task.failed", "attempts_exhausted")], ignoreOrder: true);
        (await UsageAsync("deliveries")).ShouldBe(0);

        static string? Text(Delivery delivery, params string[] path)
        {
            JsonElement at = delivery.Message.Data;
            foreach (var name in path) if (!at.TryGetProperty(name, out at)) return null;
            return at.GetString();
        }
    }

    [Fact]
    public async Task Turn_IsOneGatewaysAndWithinTheBoundOfAHost()
    {
        for (var i = 0; i < 3; i++) await EndAsync("shop-a", "one.example");
        for (var i = 0; i < 3; i++) await EndAsync("shop-a", "two.example");
        await EndAsync("shop-b", "one.example");

        var first = (await _deliveries.TakeAsync())!;
        var second = (await _deliveries.TakeAsync())!;

        first.Client.ShouldBe("shop-a");
        first.Deliveries.Select(delivery => new Uri(delivery.Url).Host).ShouldBe(["one.example", "one.example", "two.example"]);
        second.Client.ShouldBe("shop-b");
        (await _deliveries.TakeAsync()).ShouldBeNull();
        await EndAsync("shop-a", "two.example");
        (await _deliveries.TakeAsync()).ShouldBeNull();
        await _deliveries.EndTurnAsync("shop-a");
        (await _deliveries.TakeAsync())!.Client.ShouldBe("shop-a");
    }

    [Fact]
    public async Task TurnOfAGatewayThatDied_IsAnothersWhenItsLeaseIsOver()
    {
        await EndAsync("shop-a", "one.example");
        var lost = (await _deliveries.TakeAsync())!;
        (await _deliveries.TakeAsync()).ShouldBeNull();

        await _connection.GetDatabase().SortedSetAddAsync(TaskKeys.Prefix + "sending", "shop-a", 1); // as if it had been long ago

        (await _deliveries.TakeAsync())!.Deliveries.Select(delivery => delivery.Id).ShouldBe([lost.Deliveries[0].Id]);
    }

    [Fact]
    public async Task HostThatFailed_RestsAndOthersOfTheClientAreServed()
    {
        await EndAsync("shop-a", "dead.example");
        var failed = (await _deliveries.TakeAsync())!;
        for (var i = 0; i < 20; i++) await EndAsync("shop-a", "dead.example");
        await EndAsync("shop-a", "alive.example");
        await _deliveries.RetryAsync(failed.Deliveries[0], "timeout", TimeSpan.FromHours(1));
        await _deliveries.EndTurnAsync("shop-a");

        (await _deliveries.TakeAsync())!.Deliveries.Single().Url.ShouldBe("https://alive.example/hook");
    }

    [Fact]
    public async Task DeliveriesGivenUpBeyondTheBound_TheOldestOfWhoHasMostGoes()
    {
        _tasks.MaxDeliveries = 2;
        _deliveries = new(_connection, Options.Create(_tasks), Options.Create(_webhooks));
        string[] many = [await GiveUpAsync("shop-a"), await GiveUpAsync("shop-a")];
        await GiveUpAsync("shop-b");

        (await _deliveries.ListDeadAsync("shop-a")).Select(dead => dead.Of).ShouldBe([many[1]]);
        (await _deliveries.ListDeadAsync("shop-b")).Count.ShouldBe(1);
        (await UsageAsync("dead_deliveries")).ShouldBe(2);
        (await _queue.MeasureAsync()).ShouldSatisfyAllConditions(depth => depth.DeadDeliveries.ShouldBe(2), depth => depth.Deliveries.ShouldBe(0));
    }

    [Fact]
    public async Task DeliveriesGivenUpLongAgo_AreForgotten()
    {
        _tasks.DeadLetterRetention = TimeSpan.FromSeconds(1);
        _deliveries = new(_connection, Options.Create(_tasks), Options.Create(_webhooks));
        await GiveUpAsync("shop-a");
        await Eventually.TrueAsync(async () => (await _deliveries.ListDeadAsync("shop-a")).Count == 0, "it is forgotten");

        _connection.GetServers().Single().Keys(pattern: TaskKeys.Prefix + "delivery:*").ShouldBeEmpty();
        (await UsageAsync("dead_deliveries")).ShouldBe(0);
    }

    [Fact]
    public async Task HashesThatSomebodyDeleted_DoNotStopTheOthers()
    {
        _tasks.DeadLetterRetention = TimeSpan.FromSeconds(1);
        _queue = new(_connection, _connection, new UploadOptions().ToBudget(TimeProvider.System), Options.Create(_tasks), _queueMetrics);
        _deliveries = new(_connection, Options.Create(_tasks), Options.Create(_webhooks));
        await GiveUpAsync("shop-a");
        await EndAsync("shop-a", "one.example");
        foreach (var key in _connection.GetServers().Single().Keys(pattern: TaskKeys.Prefix + "delivery:*")) await _connection.GetDatabase().KeyDeleteAsync(key);

        (await _deliveries.TakeAsync())!.Deliveries.ShouldBeEmpty();
        await _deliveries.EndTurnAsync("shop-a");
        await Eventually.TrueAsync(async () => (await _queue.MeasureAsync()) is { Deliveries: 0, DeadDeliveries: 0 }, "all is forgotten");

        await EndAsync("shop-a", "two.example");
        (await _deliveries.TakeAsync())!.Deliveries.Count.ShouldBe(1);
    }

    private async Task<string> GiveUpAsync(string client)
    {
        var id = await EndAsync(client, "dead.example");
        var turn = (await _deliveries.TakeAsync())!;
        await _deliveries.GiveUpAsync(turn.Deliveries.Single(), "timeout");
        await _deliveries.EndTurnAsync(client);
        return id;
    }

    /// <summary>A task that has ended.</summary>
    private async Task<string> EndAsync(string client, string host)
    {
        var id = await EnqueueAsync(client, host);
        await _queue.SucceedAsync((await _queue.TakeAsync(1)).Single(), TaskQueueTests.Answer());
        return id;
    }

    private async Task<string> EnqueueAsync(string client = "shop-a", string host = "one.example")
    {
        var task = TaskQueueTests.Of(client);
        return (await _queue.EnqueueAsync(task with { Request = task.Request with { Webhook = new($"https://{host}/hook", "https://us.example") } })).Task.Id;
    }

    private async Task<long> UsageAsync(string what) => (long)await _connection.GetDatabase().HashGetAsync(TaskKeys.Prefix + "usage", what);
}
