using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tasks.Memory;

/// <summary>A task and all that belongs to it. Guarded by the queue's lock.</summary>
internal sealed class MemoryTask(string id, long place, NewTask task, DateTimeOffset now)
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
    public long Token { get; set; }
    public int Attempts { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }

    /// <summary>When somebody may take it: now, after a pause, or when the lease runs out.</summary>
    public DateTimeOffset FreeAt { get; set; } = now;
    public Problem? Error { get; set; }
    public TaskResult? Result { get; set; }
    public Cutout? Picture { get; set; }
    public long PictureBytes => Picture?.Bytes.Length ?? 0;

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
