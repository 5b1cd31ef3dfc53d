using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Tasks;

/// <summary>
/// Tasks, from acceptance to the end of their retention. An accepted task finishes, fails with a reason, or is a dead letter; it
/// may run twice, never visibly twice: every write of a run carries its lease, and is refused once another holds the task.
/// All members throw <see cref="ProblemException"/> with 503 while the store does not answer.
/// </summary>
internal interface ITaskQueue
{
    /// <summary>Whether the end of a task is kept as a webhook until that is delivered; if not, no task may ask for one.</summary>
    bool KeepsWebhooks { get; }

    /// <summary>Whether there is room for one more task of a client: known before a body is read.</summary>
    /// <exception cref="ProblemException">503: the queue is full. 429: the client has its share of it.</exception>
    Task EnsureRoomAsync(string client, TaskShare share);

    /// <exception cref="ProblemException">As <see cref="EnsureRoomAsync"/>; and 422: the idempotency key was used for something else.</exception>
    Task<EnqueueResult> EnqueueAsync(EnqueueRequest task);

    /// <summary>Null for a task that is unknown, forgotten or past its retention.</summary>
    Task<CutoutTask?> FindAsync(string id);

    /// <summary>Tasks of a client, the newest first; perhaps fewer than <paramref name="limit"/> although more follow.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="state">In this state only; null for all.</param>
    /// <param name="limit">At most so many.</param>
    /// <param name="after">Where the page before ended; null for the first.</param>
    Task<TaskPage> ListAsync(string client, TaskState? state, int limit, TaskCursor? after);

    /// <summary>Null when the bytes have been deleted.</summary>
    Task<OpenResult?> OpenResultAsync(CutoutTask task);

    /// <summary>Takes the task out of the queue and deletes all of it; a run under way ends without effect.</summary>
    /// <returns>How the task was left: cancelled, or finished before. Null when there is no such task.</returns>
    Task<TaskState?> DeleteAsync(string id);

    /// <summary>Leases up to <paramref name="count"/> tasks: clients in turn, by weight, and a client's tasks in the order of arrival.</summary>
    Task<IReadOnlyList<TaskLease>> TakeAsync(int count);

    /// <summary>The upload, to be disposed; null when its lifetime is over.</summary>
    Task<Upload?> ReadImageAsync(TaskLease lease);

    /// <summary>Renews the lease. False: it was lost, and the run is of no use any more.</summary>
    Task<bool> ExtendAsync(TaskLease lease);

    /// <summary>False: the lease was lost and nothing was written. The same holds for the next two.</summary>
    Task<bool> SucceedAsync(TaskLease lease, CutoutAnswer answer);

    Task<bool> FailAsync(TaskLease lease, Problem reason);

    /// <summary>Gives the task back for somebody to take after <paramref name="delay"/>, at its old place in the queue.</summary>
    /// <param name="lease">Void afterwards.</param>
    /// <param name="failure">Why the attempt counts; null when the task is not to blame, and the attempt does not count.</param>
    /// <param name="delay">At most the lease's length.</param>
    Task<bool> ReturnAsync(TaskLease lease, Problem? failure, TimeSpan delay);

    Task<QueueDepth> MeasureAsync();
}
