using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;

namespace Rembg.Gateway.Tasks.Memory;

/// <summary>
/// All tasks of a process, what they and each client's may take, and how long they stay. The same steps as <c>TaskQueue.lua</c>.
/// Guarded by the queue's lock.
/// </summary>
internal sealed class MemoryTaskStore(TaskOptions options, TaskSignals signals, TimeProvider time)
{
    private readonly Dictionary<string, MemoryTask> _tasks = [], _byIdempotencyKey = [];
    private readonly Dictionary<string, MemoryClient> _clients = [];
    private readonly SortedDictionary<long, MemoryTask> _waiting = [];
    private readonly FairQueue _queue = new();
    private readonly DueTimes _due = new();
    private readonly long _start = time.GetTimestamp();
    private long _numbers, _inputBytes, _resultBytes, _records;

    public long Queued => _waiting.Count;
    public long Unfinished { get; private set; }

    /// <summary>The first that is queued, also if it waits for a retry.</summary>
    public MemoryTask? Oldest => _waiting.Values.FirstOrDefault();

    /// <summary>Null when nobody may take any.</summary>
    public MemoryTask? Next => _queue.Next;

    /// <summary>Of the monotonic clock: a step of the wall clock neither ends a lease nor prolongs it.</summary>
    private TimeSpan Now => time.GetElapsedTime(_start);

    public MemoryTask? Find(string id) => _tasks.GetValueOrDefault(id);

    /// <summary>All tasks of a client, the newest first.</summary>
    public IEnumerable<MemoryTask> Of(string client) => _clients.TryGetValue(client, out var known) ? known.Tasks.Values.Reverse() : [];

    /// <summary>The task that was accepted under this idempotency key.</summary>
    public MemoryTask? FindByIdempotencyKey(string key) => _byIdempotencyKey.GetValueOrDefault(key);

    /// <summary>Why a task with an upload of so many bytes cannot be accepted.</summary>
    public Problem? Full(string id, long bytes, TaskShare share)
    {
        if (Unfinished >= options.MaxUnfinished) return QueueProblems.TooManyTasks();
        if (_inputBytes + bytes > options.MaxUnfinishedBytes) return QueueProblems.TooManyBytes();

        var client = _clients.GetValueOrDefault(id) ?? new MemoryClient(id, number: 0);
        if (client.Unfinished >= share.Tasks) return QueueProblems.ClientHasTooManyTasks();
        if (client.InputBytes + bytes > share.InputBytes) return QueueProblems.ClientHasTooManyBytes();
        if (client.ResultBytes < share.ResultBytes) return null;
        return QueueProblems.ClientHasTooManyResults(_due.Find(client.Results.First().Value, Due.Result)!.Value - Now);
    }

    public MemoryTask Add(EnqueueRequest request)
    {
        if (!_clients.TryGetValue(request.Request.Client, out var client)) _clients.Add(request.Request.Client, client = new(request.Request.Client, ++_numbers));
        var task = new MemoryTask(client, ++_numbers, request, time.GetUtcNow());
        _tasks.Add(task.Id, task);
        client.Tasks.Add(task.Place, task);
        if (task.Idempotency is { } idempotency) _byIdempotencyKey.Add(idempotency.Key, task);
        _waiting.Add(task.Place, task);
        _due.Set(task, Due.Input, Now + options.InputLifetime);
        Count(task, unfinished: 1);
        Tell(task);
        Join(task);
        return task;
    }

    public TaskLease Lease(MemoryTask task)
    {
        _waiting.Remove(task.Place);
        _queue.Take(task);
        Extend(task);
        var lease = task.Lease(time.GetUtcNow());
        Tell(task);
        return lease;
    }

    public void Extend(MemoryTask task) => _due.Set(task, Due.Lease, Now + options.Lease);

    /// <summary>Back to its old place in the queue.</summary>
    public void Return(MemoryTask task, bool countsAsAttempt, TimeSpan delay)
    {
        task.Return(countsAsAttempt);
        Tell(task);
        _due.Remove(task, Due.Lease);
        _waiting.Add(task.Place, task);
        if (delay > TimeSpan.Zero) _due.Set(task, Due.Delay, Now + delay);
        else Join(task);
    }

    public void Succeed(MemoryTask task, CutoutAnswer answer)
    {
        (task.Result, task.Cutout) = (TaskResult.Of(answer), answer.Cutout.Keep());
        Finish(task, TaskState.Succeeded);
        task.Client.Results.Add(task.Ended, task);
        _due.Set(task, Due.Result, Now + options.Retention);
        CountResult(task, answer.Cutout.Content.Length);

        // The oldest results of the client that holds most give way.
        while (_resultBytes > options.MaxResultBytes) DropResult(_clients.Values.MaxBy(client => client.ResultBytes)!.Results.First().Value);
    }

    public void Fail(MemoryTask task, Problem reason)
    {
        task.Error = reason;
        Finish(task, TaskState.Failed);
    }

    /// <summary>Lets go of all of a task, whatever its state.</summary>
    public void Forget(MemoryTask task)
    {
        if (task.IsUnfinished)
        {
            Leave(task);
            task.End(TaskState.Cancelled, ended: 0, time.GetUtcNow());
            Tell(task);
        }
        else if (task.Client.Ended.Remove((task.State == TaskState.Succeeded, task.Ended))) _records--;
        DropResult(task);
        _due.Remove(task, Due.Record);
        _tasks.Remove(task.Id);
        task.Client.Tasks.Remove(task.Place);
        if (task.Idempotency is { } idempotency) _byIdempotencyKey.Remove(idempotency.Key);
        if (task.Client.IsEmpty) _clients.Remove(task.Client.Id);
    }

    /// <summary>Does what is due.</summary>
    public void Sweep()
    {
        while (_due.TryTake(Now, out var task, out var due))
        {
            if (due == Due.Lease) // who ran it is stuck
            {
                task.Expire();
                Tell(task);
                _waiting.Add(task.Place, task);
            }
            if (due is Due.Lease or Due.Delay) Join(task);
            if (due == Due.Input) task.DropInput();
            if (due == Due.Input && task.State == TaskState.Queued) Fail(task, QueueProblems.Expired());
            if (due == Due.Result) DropResult(task); // the record outlives it: who comes late hears that it is gone
            if (due == Due.Record) Forget(task);
        }
    }

    /// <summary>What the client sees.</summary>
    public CutoutTask View(MemoryTask task) => task.View(task.State == TaskState.Queued ? _queue.Position(task, Queued) : null);

    private void Join(MemoryTask task)
    {
        _queue.Join(task);
        signals.Work.Set();
    }

    private void Finish(MemoryTask task, TaskState state)
    {
        // 1. It is not queued or running any more.
        Leave(task);

        // 2. Room for its record: who has its share forgets a task of its own, failed ones first; where all have, it is the one with most.
        while (task.Client.Ended.Count >= task.Share.Records) Forget(task.Client.Ended.First().Value);
        while (_records >= options.MaxRecords) Forget(_clients.Values.MaxBy(client => client.Ended.Count)!.Ended.First().Value);

        // 3. The record.
        task.End(state, ++_numbers, time.GetUtcNow());
        Tell(task);
        task.Client.Ended.Add((state == TaskState.Succeeded, task.Ended), task);
        _records++;
        _due.Set(task, Due.Record, Now + options.Retention * 2);
    }

    private void Leave(MemoryTask task)
    {
        _queue.Leave(task);
        _waiting.Remove(task.Place);
        _due.Remove(task, Due.Lease, Due.Delay, Due.Input);
        Count(task, unfinished: -1);
    }

    /// <summary>It is in another state: an event, for who watches it.</summary>
    private void Tell(MemoryTask task)
    {
        task.Event = ++_numbers;
        signals.Changed(task.Id);
    }

    private void DropResult(MemoryTask task)
    {
        if (!task.Client.Results.Remove(task.Ended)) return;
        _due.Remove(task, Due.Result);
        CountResult(task, -task.Cutout!.Content.Length);
        task.Cutout.Dispose();
        task.Cutout = null;
    }

    private void Count(MemoryTask task, int unfinished)
    {
        Unfinished += unfinished;
        task.Client.Unfinished += unfinished;
        _inputBytes += unfinished * task.InputBytes;
        task.Client.InputBytes += unfinished * task.InputBytes;
    }

    private void CountResult(MemoryTask task, long bytes)
    {
        _resultBytes += bytes;
        task.Client.ResultBytes += bytes;
    }
}
