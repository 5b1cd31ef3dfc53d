using Microsoft.AspNetCore.WebUtilities;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tasks.Webhooks;

namespace Rembg.Gateway.Tasks;

/// <summary>Where a task is on its way. Cancelled is only ever seen by who waits for the task while it is forgotten.</summary>
internal enum TaskState { Queued, Running, Succeeded, Failed, Cancelled }

/// <summary>What a client asked for, as the queue keeps it without looking into it.</summary>
/// <param name="Client">Whose task it is.</param>
/// <param name="IsAnonymous">The client is an address only: whoever knows the task's id may see it.</param>
/// <param name="Options">Canonical query of the cutout's options.</param>
/// <param name="NoStore">The client forbade the cache (<c>Cache-Control: no-store</c>).</param>
/// <param name="RequestId">Of the POST, for logs of gateway and pod.</param>
/// <param name="TraceParent">W3C trace context of the POST; null when it was not traced.</param>
/// <param name="Webhook">Who is told of the end; null for nobody.</param>
internal sealed record TaskRequest(string Client, bool IsAnonymous, string Options, bool NoStore, string RequestId, string? TraceParent, Webhook? Webhook = null)
{
    public CutoutOptions ToOptions() =>
        CutoutOptions.FromQuery(QueryHelpers.ParseQuery(Options).Select(pair => KeyValuePair.Create(pair.Key, pair.Value.ToString())));

    public bool IsVisibleTo(string client) => IsAnonymous || Client == client;
}

/// <summary>A task as it is now.</summary>
internal sealed record CutoutTask
{
    public required string Id { get; init; }
    public required TaskRequest Request { get; init; }
    public required TaskState State { get; init; }

    /// <summary>Id of the event that brought it into its state; empty for one whose state came from a gateway without events.</summary>
    public string Event { get; init; } = "";
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Of the latest run.</summary>
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Runs begun, without those that the pods had no room for.</summary>
    public int Attempts { get; init; }

    /// <summary>While queued: tasks that are before this one, plus one.</summary>
    public long? Position { get; init; }

    /// <summary>Why it failed.</summary>
    public Problem? Error { get; init; }

    /// <summary>What it made, when it succeeded; the picture itself is asked for with <see cref="ITaskQueue.OpenResultAsync"/>.</summary>
    public TaskResult? Result { get; init; }

    public bool IsFinished => State is TaskState.Succeeded or TaskState.Failed or TaskState.Cancelled;
}

/// <summary>The right to run a task, until it is renewed no more. Whoever takes the task next gets another <paramref name="Token"/>, and this one is void.</summary>
/// <param name="Id">The task.</param>
/// <param name="Token">Fencing token; only the latest may write.</param>
/// <param name="Attempt">1 for the first run.</param>
/// <param name="Request">What to do.</param>
/// <param name="CreatedAt">When it was accepted.</param>
internal sealed record TaskLease(string Id, long Token, int Attempt, TaskRequest Request, DateTimeOffset CreatedAt);

/// <summary>What is in the queue.</summary>
/// <param name="Queued">Tasks that wait for a run.</param>
/// <param name="Running">Tasks that some gateway runs.</param>
/// <param name="Oldest">How long the first in the queue has waited; zero when none waits.</param>
/// <param name="Dead">Dead letters.</param>
internal sealed record QueueDepth(long Queued, long Running, TimeSpan Oldest, long Dead)
{
    /// <summary>Webhooks that are to be sent.</summary>
    public long Deliveries { get; init; }

    /// <summary>How long ago the task of the first of them ended.</summary>
    public TimeSpan OldestDelivery { get; init; }

    /// <summary>Webhooks that were given up.</summary>
    public long DeadDeliveries { get; init; }
}
