using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Tasks.Memory;

/// <summary>
/// The queue of a platform without Redis. It keeps the idempotency keys for as long as this process lives, and has no dead letters:
/// what came to a bad end too often has failed.
/// </summary>
internal sealed class MemoryTaskQueue(IOptions<TaskOptions> options, TaskSignals signals, TaskMetrics metrics, TimeProvider time) : ITaskQueue
{
    private readonly TaskOptions _options = options.Value;
    private readonly MemoryTaskStore _tasks = new(options.Value, signals, time);
    private readonly Lock _lock = new();

    /// <summary>A delivery has to outlive the process that owes it.</summary>
    public bool KeepsWebhooks => false;

    public Task EnsureRoomAsync(string client, TaskShare share) => Locked(() =>
    {
        EnsureRoom(client, bytes: 1, share);
        return true;
    });

    public Task<EnqueueResult> EnqueueAsync(EnqueueRequest task) => Locked(() =>
    {
        // 1. The same request again?
        if (task.Idempotency is { } idempotency && _tasks.FindByIdempotencyKey(idempotency.Key) is { } first)
            return first.Idempotency!.Fingerprint == idempotency.Fingerprint
                ? new EnqueueResult(_tasks.View(first), Replayed: true)
                : throw Problem.IdempotencyKeyReused().AsException();

        // 2. Is there room?
        EnsureRoom(task.Request.Client, task.Image.Length, task.Share);

        // 3. Everything of the task.
        return new EnqueueResult(_tasks.Add(task).View(position: null), Replayed: false);
    });

    public Task<CutoutTask?> FindAsync(string id) => Locked(() => _tasks.Find(id) is { } task ? _tasks.View(task) : null);

    public Task<TaskPage> ListAsync(string client, TaskState? state, int limit, TaskCursor? after) => Locked(() =>
    {
        var older = _tasks.Of(client).Where(task => (after is null || task.Place < after.Order) && (state is null || task.State == state)).Take(limit + 1).ToArray();
        var shown = older.Take(limit).ToArray();
        return new TaskPage([.. shown.Select(_tasks.View)], older.Length > limit ? new(shown[^1].Place, shown[^1].Id) : null);
    });

    public Task<OpenResult?> OpenResultAsync(CutoutTask task) => Locked(() => _tasks.Find(task.Id)?.Cutout?.TryShare() is { } cutout ? new OpenResult(cutout) : null);

    public Task<TaskState?> DeleteAsync(string id) => Locked<TaskState?>(() =>
    {
        if (_tasks.Find(id) is not { } task) return null;
        _tasks.Forget(task);
        return task.State;
    });

    public Task<IReadOnlyList<TaskLease>> TakeAsync(int count) => Locked<IReadOnlyList<TaskLease>>(() =>
    {
        var leases = new List<TaskLease>();
        while (leases.Count < count && _tasks.Next is { } task)
        {
            if (task.Attempts < _options.MaxAttempts)
            {
                leases.Add(_tasks.Lease(task));
                continue;
            }
            _tasks.Fail(task, QueueProblems.AttemptsExhausted(_options.MaxAttempts));
            metrics.DeadLettered(task.Id);
        }
        return leases;
    });

    public Task<Upload?> ReadImageAsync(TaskLease lease) => Locked(() => _tasks.Find(lease.Id)?.Input?.Share());

    public Task<bool> ExtendAsync(TaskLease lease) => Locked(() =>
    {
        if (Held(lease) is not { State: TaskState.Running } task) return false;
        _tasks.Extend(task);
        return true;
    });

    public Task<bool> SucceedAsync(TaskLease lease, CutoutAnswer answer) => IfHeld(lease, task => _tasks.Succeed(task, answer));

    public Task<bool> FailAsync(TaskLease lease, Problem reason) => IfHeld(lease, task => _tasks.Fail(task, reason));

    public Task<bool> ReturnAsync(TaskLease lease, Problem? failure, TimeSpan delay) => Locked(() =>
    {
        if (Held(lease) is not { State: TaskState.Running } task) return false;
        _tasks.Return(task, countsAsAttempt: failure is not null, delay);
        return true;
    });

    public Task<QueueDepth> MeasureAsync() => Locked(() => new QueueDepth(
        _tasks.Queued, _tasks.Unfinished - _tasks.Queued, _tasks.Oldest is { } oldest ? time.GetUtcNow() - oldest.CreatedAt : TimeSpan.Zero, Dead: 0));

    private void EnsureRoom(string client, long bytes, TaskShare share)
    {
        if (_tasks.Full(client, bytes, share) is { } full) throw full.AsException();
    }

    private Task<bool> IfHeld(TaskLease lease, Action<MemoryTask> write) => Locked(() =>
    {
        if (Held(lease) is not { } task) return false;
        write(task);
        return true;
    });

    /// <summary>The task, unless another holds it; a lease that ran out holds until then.</summary>
    private MemoryTask? Held(TaskLease lease) => _tasks.Find(lease.Id) is { IsUnfinished: true } task && task.Token == lease.Token ? task : null;

    private Task<T> Locked<T>(Func<T> step)
    {
        lock (_lock)
        {
            _tasks.Sweep();
            return Task.FromResult(step());
        }
    }
}
