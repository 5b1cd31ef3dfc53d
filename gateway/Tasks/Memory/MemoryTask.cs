using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tasks.Memory;

/// <summary>A task and all that belongs to it. Guarded by the queue's lock.</summary>
internal sealed class MemoryTask(string id, long place, EnqueueRequest task, DateTimeOffset now)
{
    public string Id => id;

    /// <summary>Order of acceptance.</summary>
    public long Place => place;
    public TaskRequest Request { get; } = task.Request;
    public Idempotency? Idempotency { get; } = task.Idempotency;
    public DateTimeOffset CreatedAt { get; } = now;
    public long InputBytes { get; } = task.Image.Length;

    /// <summary>Null when the task is over.</summary>
    public Upload? Input { get; private set; } = task.Image.Keep();

    public TaskState State { get; set; } = TaskState.Queued;
    public long Token { get; private set; }
    public int Attempts { get; private set; }
    public DateTimeOffset? StartedAt { get; private set; }
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>When somebody may take it: now, after a pause, or when the lease runs out.</summary>
    public DateTimeOffset FreeAt { get; set; } = now;
    public Problem? Error { get; set; }
    public TaskResult? Result { get; set; }
    public Cutout? Picture { get; set; }
    public long PictureBytes => Picture?.Content.Length ?? 0;

    public TaskLease Lease(DateTimeOffset now, TimeSpan length)
    {
        (State, StartedAt, FreeAt) = (TaskState.Running, now, now + length);
        return new(Id, ++Token, ++Attempts, Request, CreatedAt);
    }

    /// <summary>Back to its old place in the queue; the lease under which it ran is void.</summary>
    public void Return(bool countsAsAttempt, DateTimeOffset freeAt)
    {
        (State, FreeAt) = (TaskState.Queued, freeAt);
        Token++;
        if (!countsAsAttempt) Attempts--;
    }

    public void DropInput()
    {
        Input?.Dispose();
        Input = null;
    }

    public CutoutTask View(long? position) => new()
    {
        Id = Id,
        Request = Request,
        State = State,
        CreatedAt = CreatedAt,
        StartedAt = StartedAt,
        FinishedAt = FinishedAt,
        Attempts = Attempts,
        Position = position,
        Error = Error,
        Result = Result,
    };
}
