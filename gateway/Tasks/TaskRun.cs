using System.Diagnostics;
using Microsoft.Extensions.Options;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients.Keys;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tasks;

/// <summary>One run of a task, from its lease to the word about how it ended. Goes the way of every other request for a cutout.</summary>
internal sealed partial class TaskRun(
    ITaskQueue queue, CutoutService cutouts, ApiKeyStore clients, AdaptiveConcurrencyLimit room, TaskMetrics metrics, IOptions<TaskOptions> options, TimeProvider time, ILogger<TaskRun> logger)
{
    private readonly TaskOptions _options = options.Value;

    /// <param name="lease">The task, just taken.</param>
    /// <param name="interrupted">The gateway ends, and has no more time for it.</param>
    public async Task RunAsync(TaskLease lease, CancellationToken interrupted)
    {
        using var activity = Trace(lease);
        await using var keeper = new LeaseRenewer(() => queue.ExtendAsync(lease), _options.Lease, time, logger);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(interrupted, keeper.Lost);

        // 1. The cutout, or what came in the way.
        using var end = await CutAsync(lease, either.Token);
        activity?.SetTag("outcome", end.Outcome);

        // 2. The word about it, which a lost lease makes void.
        var told = await TellAsync(end.Write, keeper.Lost);
        if (told) metrics.Count(end.Outcome);
        else Log.LeaseLost(logger, lease.Id, lease.Attempt);
    }

    private async Task<End> CutAsync(TaskLease lease, CancellationToken cancelled)
    {
        try
        {
            using var image = await queue.ReadImageAsync(lease);
            if (image is null) return Failed(lease, QueueProblems.Expired());
            var (request, started) = (lease.Request, time.GetTimestamp());
            var answer = await cutouts.CutAsync(
                new(cutouts.Identify(image, request.ToOptions(), request.Client), image, Priority.Background, request.NoStore ? CacheUse.None : CacheUse.All,
                    clients.Find(request.Client), Deadline.After(_options.RunTimeout, time), request.RequestId),
                cancelled);
            if (answer.Status == CacheStatus.Miss) room.Ran(PodTiming.Queue(answer.Cutout), PodTiming.Infer(answer.Cutout));
            answer = answer with { Ran = time.GetElapsedTime(started) };
            return new("succeeded", () => queue.SucceedAsync(lease, answer), answer);
        }
        catch (OperationCanceledException) when (cancelled.IsCancellationRequested)
        {
            return new("interrupted", () => queue.ReturnAsync(lease, failure: null, TimeSpan.Zero));
        }
        catch (ProblemException exception)
        {
            return Classify(lease, exception.Problem);
        }
        catch (Exception exception)
        {
            Log.Unexpected(logger, exception, lease.Id);
            return AttemptFailed(lease, Problem.Internal());
        }
    }

    private End Classify(TaskLease lease, Problem problem)
    {
        // Quarantine is no verdict on the image yet: other images may have killed the pods that held it.
        if (problem.Status < 500 && problem.Code != Problem.Quarantined().Code) return Failed(lease, problem);
        if (problem.Status != StatusCodes.Status503ServiceUnavailable) return AttemptFailed(lease, problem);

        // No pod has room: not the task's fault. It goes back to its place, and it is the worker that pauses.
        room.Refused();
        return new("postponed", () => queue.ReturnAsync(lease, failure: null, TimeSpan.Zero));
    }

    private End Failed(TaskLease lease, Problem reason) => new("failed", () => queue.FailAsync(lease, reason));

    private End AttemptFailed(TaskLease lease, Problem reason)
    {
        Log.AttemptFailed(logger, lease.Id, lease.Attempt, reason.Code);
        var delay = lease.Attempt < _options.MaxAttempts ? _options.DelayAfter(lease.Attempt) : TimeSpan.Zero;
        return new("retried", () => queue.ReturnAsync(lease, reason, delay));
    }

    /// <summary>A finished run is not thrown away because the store does not answer: it is told again until the lease is over.</summary>
    private async Task<bool> TellAsync(Func<Task<bool>> write, CancellationToken lost)
    {
        while (true)
        {
            try
            {
                return await write();
            }
            catch (ProblemException)
            {
                try
                {
                    await Task.Delay(_options.PollEvery, time, lost);
                }
                catch (OperationCanceledException)
                {
                    return false;
                }
            }
        }
    }

    /// <summary>Goes on with the trace of the POST: the wait in the queue, then the run.</summary>
    private static Activity? Trace(TaskLease lease)
    {
        ActivityContext.TryParse(lease.Request.TraceParent, null, isRemote: true, out var post);
        TaskMetrics.Activities.StartActivity("task queued", ActivityKind.Internal, post, startTime: lease.CreatedAt)?.Dispose();
        var run = TaskMetrics.Activities.StartActivity("task run", ActivityKind.Consumer, post);
        return run?.SetTag("task.id", lease.Id).SetTag("task.attempt", lease.Attempt);
    }

    /// <summary>How a run ended, and how to say so. It holds the picture until it has been said.</summary>
    private sealed record End(string Outcome, Func<Task<bool>> Write, CutoutAnswer? Answer = null) : IDisposable
    {
        public void Dispose() => Answer?.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Attempt {Attempt} of task {Id} came to a bad end: {Code}")]
        public static partial void AttemptFailed(ILogger logger, string id, int attempt, string code);

        [LoggerMessage(Level = LogLevel.Information, Message = "Attempt {Attempt} of task {Id} ended without its lease and has no effect")]
        public static partial void LeaseLost(ILogger logger, string id, int attempt);

        [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected error in task {Id}")]
        public static partial void Unexpected(ILogger logger, Exception exception, string id);
    }
}
