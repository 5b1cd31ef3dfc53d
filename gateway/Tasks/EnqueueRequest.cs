using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Tasks;

/// <summary>A task that asks to be accepted.</summary>
/// <param name="Image">The upload; a queue that needs it for longer keeps a handle of its own.</param>
/// <param name="Request">Everything else.</param>
/// <param name="Share">What its client may have of the queue.</param>
/// <param name="Idempotency">What makes a repetition the same task; null when the client sent no key.</param>
internal sealed record EnqueueRequest(Upload Image, TaskRequest Request, TaskShare Share, Idempotency? Idempotency = null)
{
    /// <summary>The batch that it belongs to; null for none.</summary>
    public BatchPlace? Batch { get; init; }
}

/// <summary>An image's place in a batch.</summary>
internal sealed record BatchPlace(string Id, int Index, string Name);

/// <summary>A client's idempotency that requests with the same key are the same request.</summary>
/// <param name="Key">Hash of client and key, so that neither can reach the other's or shape a name in the store.</param>
/// <param name="Fingerprint">Hash of image and options; another one under the same key is refused.</param>
internal sealed record Idempotency(string Key, string Fingerprint);

/// <param name="Task">The new task, or the one that was accepted under the same key before.</param>
/// <param name="Replayed">True for the latter.</param>
internal sealed record EnqueueResult(CutoutTask Task, bool Replayed);
