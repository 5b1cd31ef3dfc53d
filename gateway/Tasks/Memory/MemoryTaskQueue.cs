using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Tasks.Memory;

/// <summary>
/// The queue of a platform without Redis. It keeps the promise for as long as this process lives, and has no dead letters:
/// what came to a bad end too often has failed.
/// </summary>
internal sealed class MemoryTaskQueue(IOptions<TaskOptions> options, TaskSignals signals, TaskMetrics metrics, TimeProvider time) : ITaskQueue
{
    private readonly TaskOptions _options = options.Value;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, MemoryTask> _tasks = [];
    private readonly SortedDictionary<long, MemoryTask> _unfinished = [];
    private readonly Queue<MemoryTask> _pictures = [], _finished = []; // oldest first, to be swept
    private readonly Dictionary<string, MemoryTask> _promises = [];
    private long _places, _inputBytes, _pictureBytes;

    public Task EnsureRoomAsync()
    {
        lock (_lock) EnsureRoom(bytes: 1);
        return Task.CompletedTask;
    }

    public Task<Accepted> EnqueueAsync(NewTask task)
    {
        lock (_lock)
        {
            // 1. The same request again?
            Sweep();
            if (task.Idempotency is { } promise && _promises.TryGetValue(promise.Key, out var first))
                return first.Idempotency!.Fingerprint == promise.Fingerprint
                    ? Task.FromResult(new Accepted(View(first), Replayed: true))
                    : throw Problem.IdempotencyKeyReused().AsException();

            // 2. Is there room?
            EnsureRoom(task.Image.Length);

            // 3. Everything of the task.
            var added = new MemoryTask(TaskId.New(), ++_places, task, time.GetUtcNow());
            _tasks.Add(added.Id, added);
            _unfinished.Add(added.Place, added);
            _inputBytes += added.InputBytes;
            if (added.Idempotency is { } made) _promises.Add(made.Key, added);
            signals.Work();
            return Task.FromResult(new Accepted(View(added), Replayed: false));
        }
    }

    public Task<CutoutTask?> FindAsync(string id)
    {
        lock (_lock)
        {
            Sweep();
            return Task.FromResult(_tasks.TryGetValue(id, out var task) ? View(task) : null);
        }
    }

    public Task<OpenResult?> OpenResultAsync(CutoutTask task)
    {
        lock (_lock)
        {
            Sweep();
            return Task.FromResult(_tasks.TryGetValue(task.Id, out var found) && found.Picture is { } picture ? new OpenResult(picture) : null);
        }
    }

    public Task<TaskState?> ForgetAsync(string id)
    {
        lock (_lock)
        {
            if (!_tasks.TryGetValue(id, out var task)) return Task.FromResult<TaskState?>(null);
            if (_unfinished.ContainsKey(task.Place)) End(task, TaskState.Cancelled);
            Remove(task);
            return Task.FromResult<TaskState?>(task.State);
        }
    }

    public Task<IReadOnlyList<TaskLease>> TakeAsync(int count)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var free = _unfinished.Values.Where(task => task.FreeAt <= now).ToLookup(task => task.Attempts < _options.MaxAttempts);
            foreach (var task in free[false])
            {
                task.Error = QueueProblems.AttemptsExhausted(_options.MaxAttempts);
                End(task, TaskState.Failed);
                metrics.Buried(task.Id);
            }
            return Task.FromResult<IReadOnlyList<TaskLease>>([.. free[true].Take(count).Select(task => Lease(task, now))]);
        }
    }

    public Task<Upload?> ReadImageAsync(TaskLease lease)
    {
        lock (_lock)
            return Task.FromResult(_tasks.TryGetValue(lease.Id, out var task) && task.CreatedAt + _options.InputLifetime > time.GetUtcNow() ? task.Input?.Share() : null);
    }

    public Task<bool> ExtendAsync(TaskLease lease) => IfHeld(lease, task => task.FreeAt = time.GetUtcNow() + _options.Lease);

    public Task<bool> SucceedAsync(TaskLease lease, CutoutAnswer answer) => IfHeld(lease, task =>
    {
        (task.Result, task.Picture) = (TaskResult.Of(answer), answer.Cutout);
        _pictureBytes += task.PictureBytes;
        _pictures.Enqueue(task);
        End(task, TaskState.Succeeded);
    });

    public Task<bool> FailAsync(TaskLease lease, Problem reason) => IfHeld(lease, task =>
    {
        task.Error = reason;
        End(task, TaskState.Failed);
    });

    public Task<bool> ReturnAsync(TaskLease lease, Problem? badEnd, TimeSpan delay) => IfHeld(lease, task =>
    {
        if (badEnd is null) task.Attempts--;
        task.State = TaskState.Queued;
        task.Token++;
        task.FreeAt = time.GetUtcNow() + delay;
        if (delay == TimeSpan.Zero) signals.Work();
    });

    public Task<QueueDepth> MeasureAsync()
    {
        lock (_lock)
        {
            Sweep();
            var queued = _unfinished.Values.Where(task => task.State == TaskState.Queued).ToList();
            var oldest = queued.Count == 0 ? TimeSpan.Zero : time.GetUtcNow() - queued[0].CreatedAt;
            return Task.FromResult(new QueueDepth(queued.Count, _unfinished.Count - queued.Count, oldest, Dead: 0));
        }
    }

    private void EnsureRoom(long bytes)
    {
        if (_unfinished.Count >= _options.MaxUnfinished) throw QueueProblems.TooManyTasks().AsException();
        if (_inputBytes + bytes > _options.MaxUnfinishedBytes) throw QueueProblems.TooManyBytes().AsException();
        if (_pictureBytes >= _options.MaxResultBytes) throw QueueProblems.TooManyResults().AsException();
    }

    private TaskLease Lease(MemoryTask task, DateTimeOffset now)
    {
        task.State = TaskState.Running;
        task.StartedAt = now;
        task.FreeAt = now + _options.Lease;
        return new(task.Id, ++task.Token, ++task.Attempts, task.Request, task.CreatedAt);
    }

    private Task<bool> IfHeld(TaskLease lease, Action<MemoryTask> write)
    {
        lock (_lock)
        {
            var held = _tasks.TryGetValue(lease.Id, out var task) && task.State == TaskState.Running && task.Token == lease.Token;
            if (held) write(task!);
            return Task.FromResult(held);
        }
    }

    private void End(MemoryTask task, TaskState state)
    {
        task.State = state;
        task.FinishedAt = time.GetUtcNow();
        task.DropInput();
        _unfinished.Remove(task.Place);
        _inputBytes -= task.InputBytes;
        _finished.Enqueue(task);
        signals.Ended(task.Id);
    }

    private void Sweep()
    {
        // A task outlives its picture: who comes late hears that it is gone.
        var now = time.GetUtcNow();
        while (_pictures.TryPeek(out var oldest) && oldest.FinishedAt + _options.Retention <= now) DropPicture(_pictures.Dequeue());
        while (_finished.TryPeek(out var oldest) && oldest.FinishedAt + _options.Retention * 2 <= now) Remove(_finished.Dequeue());
    }

    private void Remove(MemoryTask task)
    {
        if (!_tasks.Remove(task.Id)) return;
        DropPicture(task);
        if (task.Idempotency is { } promise) _promises.Remove(promise.Key);
    }

    private void DropPicture(MemoryTask task)
    {
        _pictureBytes -= task.PictureBytes;
        task.Picture = null; // a task that was forgotten stays in line for the sweep
    }

    private CutoutTask View(MemoryTask task) =>
        task.View(task.State == TaskState.Queued ? 1 + _unfinished.Values.TakeWhile(other => other != task).LongCount(other => other.State == TaskState.Queued) : null);
}
