using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Memory;
using Rembg.Gateway.Redis;
using StackExchange.Redis;
using static Rembg.Gateway.Tasks.Redis.TaskScript;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>
/// The queue that all gateways share: a stream with a consumer group, whose pending entries are the leases, and a hash a task.
/// Pictures go over a connection of their own, and never into the stream.
/// </summary>
internal sealed class RedisTaskQueue(
    IConnectionMultiplexer control, [FromKeyedServices(RedisServices.Values)] IConnectionMultiplexer values, MemoryBudget memory, IOptions<TaskOptions> options, TaskMetrics metrics) : ITaskQueue
{
    /// <summary>How long an upload may lie there without its task: the gateway died between the two.</summary>
    private static readonly TimeSpan OrphanLife = TimeSpan.FromMinutes(1);

    private readonly TaskOptions _options = options.Value;
    private readonly IDatabase _redis = control.GetDatabase();
    private readonly IDatabase _values = values.GetDatabase();

    public async Task EnsureRoomAsync()
    {
        var unfinished = _redis.StreamLengthAsync(TaskKeys.Work);
        var bytes = _redis.HashGetAsync(TaskKeys.Stats, "input_bytes");
        if (await OrUnavailableAsync(unfinished) >= _options.MaxUnfinished) throw QueueProblems.TooManyTasks().AsException();
        if ((long)await OrUnavailableAsync(bytes) >= _options.MaxUnfinishedBytes) throw QueueProblems.TooManyBytes().AsException();
    }

    public async Task<EnqueueResult> EnqueueAsync(EnqueueRequest task)
    {
        // 1. The upload, straight from the blocks that it was read into.
        var id = TaskId.New();
        await OrUnavailableAsync(_values.StringSetAsync(TaskKeys.Input(id), task.Image.Bytes, OrphanLife));

        // 2. The task, which makes the upload its own.
        RedisKey[] keys = [TaskKeys.Work, TaskKeys.Waiting, TaskKeys.Stats, TaskKeys.Results, TaskKeys.Task(id), TaskKeys.Input(id)];
        if (task.Idempotency is { } idempotency) keys = [.. keys, TaskKeys.Idempotency(idempotency.Key)];
        var answer = (RedisResult[])(await EnqueueTask.RunAsync(_redis, keys,
            id, TaskHash.Json(task.Request, TaskJson.Default.TaskRequest), task.Image.Length, task.Idempotency?.Fingerprint ?? "",
            _options.MaxUnfinished, _options.MaxUnfinishedBytes, _options.MaxResultBytes,
            Milliseconds(_options.InputLifetime), Milliseconds(_options.Retention), TaskKeys.Group))!;

        // 3. Whether it was taken.
        return ((string)answer[0]!, (string)answer[1]!) switch
        {
            ("accepted", _) => new(new() { Id = id, Request = task.Request, State = TaskState.Queued, CreatedAt = TaskHash.Time((RedisValue)answer[2]) }, Replayed: false),
            ("replayed", var first) => new(await FindAsync(first) ?? throw Problem.IdempotencyInProgress().AsException(), Replayed: true),
            ("reused", _) => throw Problem.IdempotencyKeyReused().AsException(),
            ("tasks", _) => throw QueueProblems.TooManyTasks().AsException(),
            ("uploads", _) => throw QueueProblems.TooManyBytes().AsException(),
            ("results", _) => throw QueueProblems.TooManyResults().AsException(),
            _ => throw Problem.Overloaded("The store of tasks lost the upload.").AsException(),
        };
    }

    public async Task<CutoutTask?> FindAsync(string id)
    {
        var hash = _redis.HashGetAllAsync(TaskKeys.Task(id));
        var rank = _redis.SortedSetRankAsync(TaskKeys.Waiting, id);
        return await OrUnavailableAsync(hash) is { Length: > 0 } fields ? TaskHash.Read(id, fields, await OrUnavailableAsync(rank)) : null;
    }

    public async Task<OpenResult?> OpenResultAsync(CutoutTask task)
    {
        var key = await OrUnavailableAsync(_redis.HashGetAsync(TaskKeys.Task(task.Id), "picture"));
        return key.IsNull || await ReadAsync(key.ToString(), task.Request.Client, waits: false) is not { } bytes ? null : new(task.Result!.Metadata with { Content = bytes });
    }

    public async Task<TaskState?> DeleteAsync(string id)
    {
        RedisKey[] keys = [TaskKeys.Work, TaskKeys.Waiting, TaskKeys.Stats, TaskKeys.Results, TaskKeys.Dead, TaskKeys.Task(id), TaskKeys.Input(id)];
        var was = (string?)await DeleteTask.RunAsync(_redis, keys, id, TaskKeys.Group, TaskKeys.EndChannel.ToString());
        if (was is null) return null;
        var state = Enum.Parse<TaskState>(was);
        return state is TaskState.Queued or TaskState.Running ? TaskState.Cancelled : state;
    }

    public async Task<IReadOnlyList<TaskLease>> TakeAsync(int count)
    {
        var answer = (RedisResult[])(await TakeTasks.RunAsync(_redis, [TaskKeys.Work, TaskKeys.Waiting, TaskKeys.Stats, TaskKeys.Dead],
            TaskKeys.Group, TaskKeys.Consumer, count, Milliseconds(_options.Lease), _options.MaxAttempts,
            Milliseconds(_options.DeadLetterRetention), _options.MaxDeadLetterBytes,
            TaskHash.Json(QueueProblems.AttemptsExhausted(_options.MaxAttempts), TaskJson.Default.Problem),
            TaskKeys.EndChannel.ToString(), TaskKeys.TaskPrefix, TaskKeys.InputPrefix))!;
        foreach (var id in (string[])answer[1]!) metrics.DeadLettered(id);
        return [.. ((RedisResult[])answer[0]!).Select(task => TaskHash.ReadLease((RedisResult[])task!))];
    }

    public async Task<Upload?> ReadImageAsync(TaskLease lease) =>
        await ReadAsync(TaskKeys.Input(lease.Id), lease.Request.Client, waits: true) is { } bytes ? new(bytes) : null;

    public async Task<bool> ExtendAsync(TaskLease lease) =>
        (bool)await ExtendLease.RunAsync(_redis, [TaskKeys.Work, TaskKeys.Task(lease.Id)], lease.Token, TaskKeys.Group, TaskKeys.Consumer);

    public async Task<bool> SucceedAsync(TaskLease lease, CutoutAnswer answer)
    {
        var bytes = answer.Cutout.Content.Bytes;
        await OrUnavailableAsync(_values.StringSetAsync(TaskKeys.Picture(lease), bytes, _options.Retention));
        return await FinishAsync(lease, TaskState.Succeeded, "result", TaskHash.Json(TaskResult.Of(answer), TaskJson.Default.TaskResult), bytes.Length);
    }

    public Task<bool> FailAsync(TaskLease lease, Problem reason) =>
        FinishAsync(lease, TaskState.Failed, "error", TaskHash.Json(reason, TaskJson.Default.Problem), 0);

    public async Task<bool> ReturnAsync(TaskLease lease, Problem? failure, TimeSpan delay) =>
        (bool)await ReturnTask.RunAsync(_redis, [TaskKeys.Work, TaskKeys.Waiting, TaskKeys.Task(lease.Id)],
            lease.Id, lease.Token, TaskKeys.Group, TaskKeys.Consumer, Milliseconds(_options.Lease), Milliseconds(delay),
            failure is null ? "" : TaskHash.Json(failure, TaskJson.Default.Problem));

    public async Task<QueueDepth> MeasureAsync()
    {
        var unfinished = _redis.StreamLengthAsync(TaskKeys.Work);
        var queued = _redis.SortedSetLengthAsync(TaskKeys.Waiting);
        var oldest = _redis.SortedSetRangeByRankWithScoresAsync(TaskKeys.Waiting, 0, 0);
        var now = _redis.ExecuteAsync("TIME");
        var dead = _redis.StreamLengthAsync(TaskKeys.Dead);
        var waiting = await OrUnavailableAsync(queued);
        var age = await OrUnavailableAsync(oldest) is [var first] ? Microseconds((RedisValue[])(await OrUnavailableAsync(now))!) - first.Score : 0;
        return new(waiting, Math.Max(0, await OrUnavailableAsync(unfinished) - waiting), TimeSpan.FromMicroseconds(Math.Max(0, age)), await OrUnavailableAsync(dead));
    }

    private async Task<bool> FinishAsync(TaskLease lease, TaskState state, string field, string json, long pictureBytes) =>
        (bool)await FinishTask.RunAsync(_redis,
            [TaskKeys.Work, TaskKeys.Stats, TaskKeys.Results, TaskKeys.Task(lease.Id), TaskKeys.Input(lease.Id), TaskKeys.Picture(lease)],
            lease.Id, lease.Token, state.ToString(), field, json, pictureBytes, Milliseconds(_options.Retention), TaskKeys.Group, TaskKeys.EndChannel.ToString());

    /// <summary>Bytes that are charged to the client before they come; null when there are none.</summary>
    /// <param name="waits">Whether to wait for room, or to refuse.</param>
    private async Task<SharedBytes?> ReadAsync(RedisKey key, string client, bool waits)
    {
        var charge = memory.ChargeFor(client);
        try
        {
            var bytes = await OrUnavailableAsync(_values.StringLengthAsync(key));
            if (waits) await charge.TakeAsync(bytes, CancellationToken.None);
            else charge.Take(bytes);
            if (await OrUnavailableAsync(_values.StringGetLeaseAsync(key)) is { Length: > 0 } lease) return SharedBytes.Of(new(lease.Memory), memory, client, charge, lease.Dispose);
        }
        catch
        {
            charge.Dispose();
            throw;
        }
        charge.Dispose();
        return null;
    }

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    private static double Microseconds(RedisValue[] time) => (double)time[0] * 1e6 + (double)time[1];
}
