using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;

namespace Rembg.Gateway.Tasks.Memory;

/// <summary>All tasks of a process, what they may take together, and how long they stay. Guarded by the queue's lock.</summary>
internal sealed class MemoryTaskStore(TaskOptions options, TimeProvider time)
{
    private readonly Dictionary<string, MemoryTask> _tasks = [];
    private readonly SortedDictionary<long, MemoryTask> _unfinished = [];
    private readonly Queue<MemoryTask> _pictures = [], _finished = []; // oldest first, to be swept
    private readonly Dictionary<string, MemoryTask> _byIdempotencyKey = [];
    private long _places, _inputBytes, _pictureBytes;
    private int _running;

    /// <summary>Queued or running, in order of acceptance.</summary>
    public IReadOnlyCollection<MemoryTask> Unfinished => _unfinished.Values;

    public int Queued => _unfinished.Count - _running;

    public MemoryTask? Find(string id) => _tasks.GetValueOrDefault(id);

    /// <summary>The task that was accepted under this idempotency key.</summary>
    public MemoryTask? FindByIdempotencyKey(string key) => _byIdempotencyKey.GetValueOrDefault(key);

    /// <exception cref="ProblemException">503: full, in number or in bytes.</exception>
    public void EnsureRoom(long bytes)
    {
        if (_unfinished.Count >= options.MaxUnfinished) throw QueueProblems.TooManyTasks().AsException();
        if (_inputBytes + bytes > options.MaxUnfinishedBytes) throw QueueProblems.TooManyBytes().AsException();
        if (_pictureBytes >= options.MaxResultBytes) throw QueueProblems.TooManyResults().AsException();
    }

    public MemoryTask Add(EnqueueRequest task)
    {
        var added = new MemoryTask(TaskId.New(), ++_places, task, time.GetUtcNow());
        _tasks.Add(added.Id, added);
        _unfinished.Add(added.Place, added);
        _inputBytes += added.InputBytes;
        if (added.Idempotency is { } made) _byIdempotencyKey.Add(made.Key, added);
        return added;
    }

    public TaskLease Lease(MemoryTask task)
    {
        if (task.State == TaskState.Queued) _running++; // else its lease ran out
        return task.Lease(time.GetUtcNow(), options.Lease);
    }

    /// <summary>Back to its old place in the queue.</summary>
    public void Return(MemoryTask task, bool countsAsAttempt, TimeSpan delay)
    {
        _running--;
        task.Return(countsAsAttempt, time.GetUtcNow() + delay);
    }

    public void KeepPicture(MemoryTask task, CutoutAnswer answer)
    {
        (task.Result, task.Picture) = (TaskResult.Of(answer), answer.Cutout.Keep());
        _pictureBytes += task.PictureBytes;
        _pictures.Enqueue(task);
    }

    /// <summary>The task is over, whatever came of it; one that was over before stays as it is.</summary>
    public void End(MemoryTask task, TaskState state)
    {
        if (!_unfinished.Remove(task.Place)) return;
        if (task.State == TaskState.Running) _running--;
        task.State = state;
        task.FinishedAt = time.GetUtcNow();
        task.DropInput();
        _inputBytes -= task.InputBytes;
        _finished.Enqueue(task);
    }

    public void Remove(MemoryTask task)
    {
        if (!_tasks.Remove(task.Id)) return;
        DropPicture(task);
        if (task.Idempotency is { } idempotency) _byIdempotencyKey.Remove(idempotency.Key);
    }

    /// <summary>Lets go of what is past its time. A task outlives its picture: who comes late hears that it is gone.</summary>
    public void Sweep()
    {
        var now = time.GetUtcNow();
        while (_pictures.TryPeek(out var oldest) && oldest.FinishedAt + options.Retention <= now) DropPicture(_pictures.Dequeue());
        while (_finished.TryPeek(out var oldest) && oldest.FinishedAt + options.Retention * 2 <= now) Remove(_finished.Dequeue());
    }

    /// <summary>What the client sees; the place in the queue counts those that nobody runs yet.</summary>
    public CutoutTask View(MemoryTask task) => task.View(
        task.State != TaskState.Queued ? null
        : task.Place == _places ? Queued // the last; accepting must not cost more the longer the queue is
        : 1 + Unfinished.TakeWhile(other => other != task).LongCount(other => other.State == TaskState.Queued));

    private void DropPicture(MemoryTask task)
    {
        _pictureBytes -= task.PictureBytes;
        task.Picture?.Dispose();
        task.Picture = null; // a task that was forgotten stays in line for the sweep
    }
}
