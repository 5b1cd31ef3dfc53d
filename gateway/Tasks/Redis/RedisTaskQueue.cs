using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Memory;
using Rembg.Gateway.Redis;
using Rembg.Gateway.Tasks.Batches;
using StackExchange.Redis;
using static Rembg.Gateway.Tasks.Redis.RedisTaskOptions;
using static Rembg.Gateway.Tasks.Redis.TaskScript;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>
/// The queue that all gateways share. <c>TaskQueue.lua</c> says how it lies in Redis. Images go over a connection of their own, in a
/// key each.
/// </summary>
internal sealed class RedisTaskQueue(
    IConnectionMultiplexer control, [FromKeyedServices(RedisServices.Values)] IConnectionMultiplexer values, MemoryBudget memory, IOptions<TaskOptions> options, TaskMetrics metrics) : ITaskQueue
{
    /// <summary>How long an upload may lie there without its task: the gateway died between the two.</summary>
    private static readonly TimeSpan OrphanLife = TimeSpan.FromMinutes(1);

    private readonly TaskOptions _options = options.Value;
    private readonly string _scriptOptions = RedisTaskOptions.Json(options.Value);
    private readonly IDatabase _redis = control.GetDatabase();
    private readonly IDatabase _values = values.GetDatabase();

    public bool KeepsWebhooks => true;

    public async Task EnsureRoomAsync(string client, TaskShare share)
    {
        var full = await RunAsync(CheckRoom, client, Json(share));
        if (!full.IsNull) throw QueueProblems.Full((string)full[0]!, (long)full[1]).AsException();
    }

    public async Task<EnqueueResult> EnqueueAsync(EnqueueRequest task)
    {
        // 1. The upload, straight from the blocks that it was read into.
        var id = TaskId.New();
        await OrUnavailableAsync(_values.StringSetAsync(TaskKeys.Input(id), task.Image.Bytes, OrphanLife));

        // 2. The task, which makes the upload its own.
        var answer = (RedisResult[])(await RunAsync(EnqueueTask,
            id, task.Request.Client, TaskHash.Json(task.Request, TaskJson.Default.TaskRequest), task.Image.Length, Json(task.Share),
            task.Idempotency?.Key ?? "", task.Idempotency?.Fingerprint ?? "", task.Request.Webhook?.Host ?? "",
            task.Batch?.Id ?? "", task.Batch is { } batch ? TaskHash.Json(new BatchImage(batch.Index, batch.Name, id, Error: null), BatchJson.Default.BatchImage) : ""))!;

        // 3. Whether it was taken.
        return ((string)answer[0]!, (string)answer[1]!) switch
        {
            ("accepted", _) => new(new() { Id = id, Request = task.Request, State = TaskState.Queued, CreatedAt = TaskHash.Time((RedisValue)answer[2]) }, Replayed: false),
            ("replayed", var first) => new(await FindAsync(first) ?? throw Problem.IdempotencyInProgress().AsException(), Replayed: true),
            ("reused", _) => throw Problem.IdempotencyKeyReused().AsException(),
            ("lost", _) => throw Problem.Overloaded("The store of tasks lost the upload.").AsException(),
            (var full, _) => throw QueueProblems.Full(full, (long)answer[2]).AsException(),
        };
    }

    public async Task<CutoutTask?> FindAsync(string id) => await RunAsync(FindTask, id) is { IsNull: false } found ? TaskHash.Read(id, (RedisResult[])found!) : null;

    public async Task<TaskPage> ListAsync(string client, TaskState? state, int limit, TaskCursor? after)
    {
        var page = (RedisResult[])(await RunAsync(ListTasks, client, state?.ToString() ?? "", limit, after?.Order.ToString(CultureInfo.InvariantCulture) ?? "", after?.Id ?? ""))!;
        return new(
            [.. page[2..].Select(row => (RedisResult[])row!).Select(row => TaskHash.Read((string)row[0]!, (RedisResult[])row[1]!))],
            (string)page[1]! is { Length: > 0 } last ? new((long)page[0], last) : null);
    }

    public async Task<OpenResult?> OpenResultAsync(CutoutTask task)
    {
        var key = await OrUnavailableAsync(_redis.HashGetAsync(TaskKeys.Task(task.Id), "cutout"));
        return key.IsNull || await ReadAsync(key.ToString(), task.Request.Client, waits: false) is not { } bytes ? null : new(task.Result!.Metadata with { Content = bytes });
    }

    public async Task<TaskState?> DeleteAsync(string id)
    {
        if ((string?)await RunAsync(DeleteTask, id) is not { } was) return null;
        var state = Enum.Parse<TaskState>(was);
        return state is TaskState.Queued or TaskState.Running ? TaskState.Cancelled : state;
    }

    public async Task<IReadOnlyList<TaskLease>> TakeAsync(int count)
    {
        var answer = (RedisResult[])(await RunAsync(TakeTasks, count))!;
        foreach (var id in (string[])answer[1]!) metrics.DeadLettered(id);
        return [.. ((RedisResult[])answer[0]!).Select(task => TaskHash.ReadLease((RedisResult[])task!))];
    }

    public async Task<Upload?> ReadImageAsync(TaskLease lease) =>
        await ReadAsync(TaskKeys.Input(lease.Id), lease.Request.Client, waits: true) is { } bytes ? Upload.OfKept(bytes, lease.Request.ToOptions().BackgroundImage?.Bytes ?? 0) : null;

    public async Task<bool> ExtendAsync(TaskLease lease) => (bool)await RunAsync(ExtendLease, lease.Id, lease.Token);

    public async Task<bool> SucceedAsync(TaskLease lease, CutoutAnswer answer)
    {
        var bytes = answer.Cutout.Content.Bytes;
        await OrUnavailableAsync(_values.StringSetAsync(TaskKeys.Cutout(lease), bytes, _options.Retention));
        var result = TaskHash.Json(TaskResult.Of(answer), TaskJson.Default.TaskResult);
        return (bool)await RunAsync(FinishTask, lease.Id, lease.Token, nameof(TaskState.Succeeded), result, bytes.Length);
    }

    public async Task<bool> FailAsync(TaskLease lease, Problem reason) =>
        (bool)await RunAsync(FinishTask, lease.Id, lease.Token, nameof(TaskState.Failed), TaskHash.Json(reason, TaskJson.Default.Problem), 0);

    public async Task<bool> ReturnAsync(TaskLease lease, Problem? failure, TimeSpan delay) =>
        (bool)await RunAsync(ReturnTask, lease.Id, lease.Token, Microseconds(delay), failure is null ? "" : TaskHash.Json(failure, TaskJson.Default.Problem));

    public async Task<QueueDepth> MeasureAsync()
    {
        var answer = (long[])(await RunAsync(MeasureQueue))!;
        return new(answer[0], answer[1] - answer[0], TimeSpan.FromMicroseconds(answer[2]), answer[3])
        {
            Deliveries = answer[4],
            OldestDelivery = TimeSpan.FromMicroseconds(answer[5]),
            DeadDeliveries = answer[6],
        };
    }

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

    private Task<RedisResult> RunAsync(TaskScript script, params RedisValue[] arguments) => script.RunAsync(_redis, _scriptOptions, arguments);

    private static string Json(TaskShare share) => TaskHash.Json(share, TaskJson.Default.TaskShare);
}
