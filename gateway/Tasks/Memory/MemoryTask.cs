using System.Globalization;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tasks.Memory;

/// <summary>A task and all that belongs to it. Guarded by the queue's lock.</summary>
internal sealed class MemoryTask(MemoryClient client, long place, EnqueueRequest task, DateTimeOffset now)
{
    public string Id { get; } = TaskId.New();
    public MemoryClient Client => client;

    /// <summary>Order of acceptance.</summary>
    public long Place => place;
    public TaskRequest Request { get; } = task.Request;
    public TaskShare Share { get; } = task.Share;
    public Idempotency? Idempotency { get; } = task.Idempotency;
    public DateTimeOffset CreatedAt { get; } = now;
    public long InputBytes { get; } = task.Image.Length;

    /// <summary>Null when the task is over, or its upload's lifetime is.</summary>
    public Upload? Input { get; private set; } = task.Image.Keep();

    public TaskState State { get; private set; } = TaskState.Queued;

    /// <summary>Number of the event that brought it into its state.</summary>
    public long Event { get; set; }
    public long Token { get; private set; }
    public int Attempts { get; private set; }
    public DateTimeOffset? StartedAt { get; private set; }
    public DateTimeOffset? FinishedAt { get; private set; }

    /// <summary>Order of the end.</summary>
    public long Ended { get; private set; }
    public Problem? Error { get; set; }
    public TaskResult? Result { get; set; }
    public Cutout? Cutout { get; set; }
    public bool IsUnfinished => State is TaskState.Queued or TaskState.Running;

    public TaskLease Lease(DateTimeOffset now)
    {
        (State, StartedAt) = (TaskState.Running, now);
        return new(Id, ++Token, ++Attempts, Request, CreatedAt);
    }

    /// <summary>The lease ran out: who held it may still end the task, until another holds it.</summary>
    public void Expire() => State = TaskState.Queued;

    /// <summary>The lease under which it ran is void.</summary>
    public void Return(bool countsAsAttempt)
    {
        State = TaskState.Queued;
        Token++;
        if (!countsAsAttempt) Attempts--;
    }

    public void End(TaskState state, long ended, DateTimeOffset now)
    {
        (State, Ended, FinishedAt) = (state, ended, now);
        DropInput();
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
        Event = Event.ToString(CultureInfo.InvariantCulture),
        CreatedAt = CreatedAt,
        StartedAt = StartedAt,
        FinishedAt = FinishedAt,
        Attempts = Attempts,
        Position = position,
        Error = Error,
        Result = Result,
    };
}
