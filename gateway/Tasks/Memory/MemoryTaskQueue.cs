using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Tasks.Memory;

/// <summary>
/// The queue of a platform without Redis. It keeps the idempotency for as long as this process lives, and has no dead letters:
/// what came to a bad end too often has failed.
/// </summary>
internal sealed class MemoryTaskQueue(IOptions<TaskOptions> options, TaskSignals signals, TaskMetrics metrics, TimeProvider time) : ITaskQueue
{
    private readonly TaskOptions _options = options.Value;
    private readonly MemoryTaskStore _tasks = new(options.Value, time);
    private readonly Lock _lock = new();

    public Task EnsureRoomAsync()
    {
        lock (_lock) _tasks.EnsureRoom(bytes: 1);
        return Task.CompletedTask;
    }

    public Task<EnqueueResult> EnqueueAsync(EnqueueRequest task)
    {
        lock (_lock)
        {
            // 1. The same request again?
            _tasks.Sweep();
            if (task.Idempotency is { } idempotency && _tasks.FindByIdempotencyKey(idempotency.Key) is { } first)
                return first.Idempotency!.Fingerprint == idempotency.Fingerprint
                    ? Task.FromResult(new EnqueueResult(_tasks.View(first), Replayed: true))
                    : throw Problem.IdempotencyKeyReused().AsException();

            // 2. Is there room?
            _tasks.EnsureRoom(task.Image.Length);

            // 3. Everything of the task.
            var added = _tasks.Add(task);
            signals.Work();
            return Task.FromResult(new EnqueueResult(_tasks.View(added), Replayed: false));
        }
    }

    public Task<CutoutTask?> FindAsync(string id)
    {
        lock (_lock)
        {
            _tasks.Sweep();
            return Task.FromResult(_tasks.Find(id) is { } task ? _tasks.View(task) : null);
        }
    }

    public Task<OpenResult?> OpenResultAsync(CutoutTask task)
    {
        lock (_lock)
        {
            _tasks.Sweep();
            return Task.FromResult(_tasks.Find(task.Id)?.Picture?.TryShare() is { } picture ? new OpenResult(picture) : null);
        }
    }

    public Task<TaskState?> DeleteAsync(string id)
    {
        lock (_lock)
        {
            if (_tasks.Find(id) is not { } task) return Task.FromResult<TaskState?>(null);
            End(task, TaskState.Cancelled);
            _tasks.Remove(task);
            return Task.FromResult<TaskState?>(task.State);
        }
    }

    public Task<IReadOnlyList<TaskLease>> TakeAsync(int count)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var free = _tasks.Unfinished.Where(task => task.FreeAt <= now).ToLookup(task => task.Attempts < _options.MaxAttempts);
            foreach (var task in free[false])
            {
                task.Error = QueueProblems.AttemptsExhausted(_options.MaxAttempts);
                End(task, TaskState.Failed);
                metrics.DeadLettered(task.Id);
            }
            return Task.FromResult<IReadOnlyList<TaskLease>>([.. free[true].Take(count).Select(task => _tasks.Lease(task))]);
        }
    }

    public Task<Upload?> ReadImageAsync(TaskLease lease)
    {
        lock (_lock)
            return Task.FromResult(_tasks.Find(lease.Id) is { } task && task.CreatedAt + _options.InputLifetime > time.GetUtcNow() ? task.Input?.Share() : null);
    }

    public Task<bool> ExtendAsync(TaskLease lease) => IfHeld(lease, task => task.FreeAt = time.GetUtcNow() + _options.Lease);

    public Task<bool> SucceedAsync(TaskLease lease, CutoutAnswer answer) => IfHeld(lease, task =>
    {
        _tasks.KeepPicture(task, answer);
        End(task, TaskState.Succeeded);
    });

    public Task<bool> FailAsync(TaskLease lease, Problem reason) => IfHeld(lease, task =>
    {
        task.Error = reason;
        End(task, TaskState.Failed);
    });

    public Task<bool> ReturnAsync(TaskLease lease, Problem? failure, TimeSpan delay) => IfHeld(lease, task =>
    {
        _tasks.Return(task, countsAsAttempt: failure is not null, delay);
        if (delay == TimeSpan.Zero) signals.Work();
    });

    public Task<QueueDepth> MeasureAsync()
    {
        lock (_lock)
        {
            _tasks.Sweep();
            var oldest = _tasks.Unfinished.FirstOrDefault(task => task.State == TaskState.Queued) is { } first ? time.GetUtcNow() - first.CreatedAt : TimeSpan.Zero;
            return Task.FromResult(new QueueDepth(_tasks.Queued, _tasks.Unfinished.Count - _tasks.Queued, oldest, Dead: 0));
        }
    }

    private void End(MemoryTask task, TaskState state)
    {
        _tasks.End(task, state);
        signals.Ended(task.Id);
    }

    private Task<bool> IfHeld(TaskLease lease, Action<MemoryTask> write)
    {
        lock (_lock)
        {
            var task = _tasks.Find(lease.Id);
            var held = task is { State: TaskState.Running } && task.Token == lease.Token;
            if (held) write(task!);
            return Task.FromResult(held);
        }
    }
}
