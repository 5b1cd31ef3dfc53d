using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Tasks;
using Rembg.Gateway.Tasks.Redis;
using Rembg.Testing;
using StackExchange.Redis;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>The promises again on a real redis-server, and those that only it can keep.</summary>
public sealed class RedisTaskQueueTests : TaskQueueTests
{
    private RedisServer _redis = null!;
    private ConnectionMultiplexer _connection = null!;

    private protected override ITaskQueue Open(TaskOptions options) => new RedisTaskQueue(_connection, _connection, new UploadOptions().ToBudget(TimeProvider.System), Options.Create(options), Metrics);

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _redis = await RedisServer.StartAsync(appendOnly: true);
        _connection = await ConnectionMultiplexer.ConnectAsync($"{_redis.ConnectionString},abortConnect=false,connectRetry=1,connectTimeout=1000");
    }

    public override async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _redis.DisposeAsync();
        await base.DisposeAsync();
    }

    [Fact]
    public async Task EveryTask_SurvivesARestartOfRedis()
    {
        var queue = Open(new() { Lease = TimeSpan.FromSeconds(0.2) });
        var done = await EnqueueAsync(queue);
        await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), Answer());
        var running = await EnqueueAsync(queue);
        _ = (await queue.TakeAsync(1)).Single();
        var queued = await EnqueueAsync(queue);

        await _redis.StopAsync();
        (await Should.ThrowAsync<ProblemException>(() => EnqueueAsync(queue))).Problem.Status.ShouldBe(503);
        await _redis.RestartAsync();
        await Eventually.TrueAsync(() => _connection.IsConnected, "the connection is back");

        var finished = (await queue.FindAsync(done))!;
        finished.State.ShouldBe(TaskState.Succeeded);
        using (var open = await queue.OpenResultAsync(finished)) open!.Cutout.Content.Bytes.Length.ShouldBe(1000);
        var taken = new List<string>();
        await Eventually.TrueAsync(async () =>
        {
            taken.AddRange((await queue.TakeAsync(5)).Select(lease => lease.Id));
            return taken.Contains(running) && taken.Contains(queued);
        }, "both are taken");
    }

    [Fact]
    public async Task NothingIsLeftOfAForgottenTask()
    {
        var queue = Open(new());
        var accepted = await queue.EnqueueAsync(New("key"));
        await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), Answer());
        await queue.DeleteAsync(accepted.Task.Id);
        await queue.DeleteAsync(await EnqueueAsync(queue));

        await OnlyEventsShouldBeLeftAsync();
    }

    [Fact]
    public async Task RefusedTask_LeavesNoUpload()
    {
        var queue = Open(new() { MaxUnfinished = 1 });
        await queue.EnqueueAsync(New("key", "one"));

        await Should.ThrowAsync<ProblemException>(() => EnqueueAsync(queue));
        await Should.ThrowAsync<ProblemException>(() => queue.EnqueueAsync(New("key", "other")));
        (await queue.EnqueueAsync(New("key", "one"))).Replayed.ShouldBeTrue();

        _connection.GetServers().Single().Keys(pattern: TaskKeys.Prefix + "input:*").Count().ShouldBe(1);
    }

    [Fact]
    public async Task RedisThatIsFull_Is503AndKeepsWhatItHas()
    {
        var queue = Open(new());
        var id = await EnqueueAsync(queue);
        await _redis.CommandAsync("CONFIG SET maxmemory 1");

        (await Should.ThrowAsync<ProblemException>(() => EnqueueAsync(queue))).Problem.Status.ShouldBe(503);

        await _redis.CommandAsync("CONFIG SET maxmemory 0");
        (await queue.FindAsync(id))!.State.ShouldBe(TaskState.Queued);
        await EnqueueAsync(queue);
    }

    [Fact]
    public async Task ScriptsFlushed_TheQueueDoesNotNotice()
    {
        var queue = Open(new());
        await EnqueueAsync(queue);
        await _redis.CommandAsync("SCRIPT FLUSH");

        await EnqueueAsync(queue);
        (await queue.TakeAsync(5)).Count.ShouldBe(2);
    }

    [Fact]
    public async Task DeadLetter_CanBeListedAndTriedAgain()
    {
        var options = new TaskOptions { MaxAttempts = 1 };
        var queue = Open(options);
        var dead = new DeadLetters(_connection.GetDatabase(), options);
        var id = await BuryAsync(queue);

        var letter = (await dead.ListAsync()).Single();
        letter.ShouldSatisfyAllConditions(l => l.Id.ShouldBe(id), l => l.Why.ShouldBe("bad_upstream"), l => l.Bytes.ShouldBeGreaterThan(0));
        (await queue.MeasureAsync()).Dead.ShouldBe(1);

        (await dead.RequeueAsync(letter.Id)).ShouldBeTrue();

        (await dead.ListAsync()).ShouldBeEmpty();
        (await dead.RequeueAsync(letter.Id)).ShouldBeFalse();
        (await queue.FindAsync(id))!.ShouldSatisfyAllConditions(t => t.State.ShouldBe(TaskState.Queued), t => t.Error.ShouldBeNull());
        var lease = (await queue.TakeAsync(1)).Single();
        lease.Attempt.ShouldBe(1);
        (await queue.SucceedAsync(lease, Answer())).ShouldBeTrue();
        (await UsageAsync()).Keys.ShouldBe(["result_bytes", "records"], ignoreOrder: true);
    }

    [Fact]
    public async Task DeadLetterDropped_TheTaskStaysFailed()
    {
        var options = new TaskOptions { MaxAttempts = 1 };
        var queue = Open(options);
        var dead = new DeadLetters(_connection.GetDatabase(), options);
        var id = await BuryAsync(queue);

        (await dead.DropAsync((await dead.ListAsync()).Single().Id)).ShouldBeTrue();

        (await dead.ListAsync()).ShouldBeEmpty();
        (await queue.FindAsync(id))!.State.ShouldBe(TaskState.Failed);
        (await UsageAsync()).Keys.ShouldBe(["records"]);
        _connection.GetServers().Single().Keys(pattern: TaskKeys.Prefix + "input:*").ShouldBeEmpty();
    }

    [Fact]
    public async Task DeadLettersBeyondTheirBytes_TheOldestMakesWay()
    {
        var options = new TaskOptions { MaxAttempts = 1, MaxDeadLetterBytes = 12_000 };
        var queue = Open(options);
        string[] ids = [await BuryAsync(queue), await BuryAsync(queue), await BuryAsync(queue)]; // 5,000 bytes each

        (await new DeadLetters(_connection.GetDatabase(), options).ListAsync()).Select(letter => letter.Id).ShouldBe(ids[1..]);
        (await queue.FindAsync(ids[0]))!.State.ShouldBe(TaskState.Failed);
    }

    [Fact]
    public async Task DeadLettersOfOneClient_DoNotPushOutAnothers()
    {
        var options = new TaskOptions { MaxAttempts = 1, MaxDeadLetterBytes = 12_000 };
        var queue = Open(options);
        string[] ids = [await BuryAsync(queue, "few"), await BuryAsync(queue, "many"), await BuryAsync(queue, "many")]; // 5,000 bytes each

        (await new DeadLetters(_connection.GetDatabase(), options).ListAsync()).Select(letter => letter.Id).ShouldBe([ids[0], ids[2]]);
    }

    [Fact]
    public async Task ManyTakers_NoTaskIsTakenTwice()
    {
        var queue = Open(new());
        for (var i = 0; i < 100; i++) await EnqueueAsync(queue);

        var taken = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => queue.TakeAsync(15))));

        var ids = taken.SelectMany(leases => leases).Select(lease => lease.Id).ToArray();
        ids.Length.ShouldBe(100);
        ids.Distinct().Count().ShouldBe(100);
    }

    [Fact]
    public async Task DeadLetterPastItsRetention_IsNeitherListedNorCounted()
    {
        var options = new TaskOptions { MaxAttempts = 1, DeadLetterRetention = TimeSpan.FromSeconds(1) };
        var queue = Open(options);
        var id = await BuryAsync(queue);
        (await queue.MeasureAsync()).Dead.ShouldBe(1);

        await Eventually.TrueAsync(async () => (await queue.MeasureAsync()).Dead == 0, "the letter expires");

        (await new DeadLetters(_connection.GetDatabase(), options).ListAsync()).ShouldBeEmpty();
        (await queue.FindAsync(id)).ShouldBeNull();
        await OnlyEventsShouldBeLeftAsync();
    }

    [Fact]
    public async Task EventsThatAreGone_AreMissed()
    {
        var queue = Open(new());
        await EnqueueAsync(queue);
        var (last, gone, tasks) = await ReadEventsAsync("");
        (gone, tasks.Length).ShouldBe((false, 1));
        var id = await EnqueueAsync(queue);
        (await ReadEventsAsync(last)).ShouldSatisfyAllConditions(read => read.Gone.ShouldBeFalse(), read => read.Tasks.ShouldBe([id]));

        await _connection.GetDatabase().StreamTrimAsync(TaskKeys.Prefix + "events", 0);
        await EnqueueAsync(queue);

        (await ReadEventsAsync(last)).ShouldSatisfyAllConditions(read => read.Gone.ShouldBeTrue(), read => read.Tasks.Length.ShouldBe(1));

        async Task<(string Last, bool Gone, string[] Tasks)> ReadEventsAsync(string after)
        {
            var read = (RedisResult[])(await TaskScript.ReadEvents.RunAsync(_connection.GetDatabase(), RedisTaskOptions.Json(new()), after))!;
            return ((string)read[0]!, (bool)read[1], [.. read[2..].Select(task => (string)task!)]);
        }
    }

    [Fact]
    public async Task RedisEmptied_TheQueueGoesOnAndLateRunsHaveNoEffect()
    {
        var queue = Open(new());
        var id = await EnqueueAsync(queue);
        await EnqueueAsync(queue);
        var lease = (await queue.TakeAsync(1)).Single();
        await _redis.CommandAsync("FLUSHALL");

        (await queue.ExtendAsync(lease)).ShouldBeFalse();
        (await queue.SucceedAsync(lease, Answer())).ShouldBeFalse();
        (await queue.FailAsync(lease, Problem.Truncated())).ShouldBeFalse();
        (await queue.ReturnAsync(lease, null, TimeSpan.Zero)).ShouldBeFalse();
        (await queue.FindAsync(id)).ShouldBeNull();
        (await queue.DeleteAsync(id)).ShouldBeNull();
        (await queue.TakeAsync(5)).ShouldBeEmpty();
        (await queue.MeasureAsync()).ShouldBe(new QueueDepth(0, 0, TimeSpan.Zero, 0));
        _connection.GetServers().Single().Keys(pattern: "rembg:*").ShouldBeEmpty();

        var next = await EnqueueAsync(queue);
        await queue.SucceedAsync((await queue.TakeAsync(1)).Single(), Answer());
        (await queue.FindAsync(next))!.State.ShouldBe(TaskState.Succeeded);
    }

    [Fact]
    public async Task HashThatSomebodyDeleted_DoesNotStopTheQueue()
    {
        var queue = Open(new());
        var gone = await EnqueueAsync(queue);
        var next = await EnqueueAsync(queue);
        await _connection.GetDatabase().KeyDeleteAsync(TaskKeys.Task(gone));

        (await queue.TakeAsync(5)).Single().Id.ShouldBe(next);
        (await queue.TakeAsync(5)).ShouldBeEmpty();
    }

    [Fact]
    public async Task UserWithoutPermissionForChannels_HasEveryTaskOnceAndEndedOnce()
    {
        await _redis.CommandAsync("ACL SETUSER gateway on >secret ~rembg:* resetchannels +@all");
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{_redis.ConnectionString},user=gateway,password=secret");
        var options = new TaskOptions { MaxAttempts = 1, Lease = TimeSpan.FromSeconds(30) };
        var queue = new RedisTaskQueue(connection, connection, new UploadOptions().ToBudget(TimeProvider.System), Options.Create(options), Metrics);

        string[] ids = [await EnqueueAsync(queue), await EnqueueAsync(queue), await EnqueueAsync(queue)];
        await EnqueueAsync(queue);
        var leases = await queue.TakeAsync(4);
        leases.Count.ShouldBe(4);
        (await queue.SucceedAsync(leases[0], Answer())).ShouldBeTrue();
        (await queue.FailAsync(leases[1], Problem.Truncated())).ShouldBeTrue();
        (await queue.ReturnAsync(leases[2], Problem.BadUpstream(), TimeSpan.Zero)).ShouldBeTrue();
        (await queue.TakeAsync(1)).ShouldBeEmpty(); // it is a dead letter
        (await queue.DeleteAsync(leases[3].Id)).ShouldBe(TaskState.Cancelled);

        (await Task.WhenAll(ids.Select(queue.FindAsync))).Select(task => task!.State).ShouldBe([TaskState.Succeeded, TaskState.Failed, TaskState.Failed]);
        (await queue.MeasureAsync()).ShouldBe(new QueueDepth(0, 0, TimeSpan.Zero, Dead: 1));
        (await new DeadLetters(connection.GetDatabase(), options).RequeueAsync(ids[2])).ShouldBeTrue();
        (await queue.TakeAsync(1)).Single().Id.ShouldBe(ids[2]);
    }

    private static async Task<string> BuryAsync(ITaskQueue queue, string client = "shop-a")
    {
        var id = (await queue.EnqueueAsync(Of(client))).Task.Id;
        await queue.ReturnAsync((await queue.TakeAsync(1)).Single(), Problem.BadUpstream(), TimeSpan.Zero);
        (await queue.TakeAsync(1)).ShouldBeEmpty();
        return id;
    }

    /// <summary>Names of tasks and of states, and only for a minute.</summary>
    private async Task OnlyEventsShouldBeLeftAsync()
    {
        var keys = _connection.GetServers().Single().Keys(pattern: "rembg:*").ToArray();
        keys.Select(key => key.ToString()).ShouldBe([TaskKeys.Prefix + "events"]);
        (await _connection.GetDatabase().KeyTimeToLiveAsync(keys[0])).ShouldNotBeNull().ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(1));
    }

    private async Task<Dictionary<string, long>> UsageAsync() =>
        (await _connection.GetDatabase().HashGetAllAsync(TaskKeys.Prefix + "usage")).ToDictionary(field => field.Name.ToString(), field => (long)field.Value);
}
