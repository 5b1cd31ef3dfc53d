using Rembg.Contract;

namespace Rembg.Inference.Batching;

/// <summary>One image waiting for its mask.</summary>
internal sealed class BatchRequest(byte[] input, Priority priority, Deadline deadline, long enqueued, System.Diagnostics.ActivityContext trace, CancellationToken caller, bool isLight = false)
    : TaskCompletionSource<BatchResult>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public byte[] Input { get; } = input;
    public Priority Priority { get; } = priority;
    public Deadline Deadline { get; } = deadline;

    /// <summary>Goes before the others of its priority.</summary>
    public bool IsLight => isLight;
    public long Enqueued { get; } = enqueued;
    public System.Diagnostics.ActivityContext Trace { get; } = trace;
    public bool CallerLeft => caller.IsCancellationRequested;
}

/// <summary>What a batch gave one of its members.</summary>
/// <param name="Mask">uint8 at the model's input size.</param>
/// <param name="BatchSize">How many images shared the run.</param>
/// <param name="Waited">In the queue.</param>
/// <param name="Ran">In the run, which all members share.</param>
public sealed record BatchResult(byte[] Mask, int BatchSize, TimeSpan Waited, TimeSpan Ran);

/// <summary>Why a request left the queue without a run.</summary>
public enum DropReason
{
    /// <summary>The caller has gone.</summary>
    Cancelled,

    /// <summary>The deadline has passed.</summary>
    Expired,

    /// <summary>The deadline will have passed before a run could end.</summary>
    CannotMeetDeadline,
}

/// <summary>The request was dropped before it cost a run.</summary>
public sealed class DroppedException(DropReason reason) : Exception($"Dropped from the queue: {reason}.")
{
    public DropReason Reason { get; } = reason;
}

/// <summary>The model failed on this image alone.</summary>
public sealed class RunFailedException(Exception inner) : Exception("The model run failed.", inner);
