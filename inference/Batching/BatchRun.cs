using System.Diagnostics;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference.Batching;

/// <summary>
/// Runs a batch and answers each of its members. One bad image must not fail its neighbours: when a batch fails, each
/// member runs alone, once, on the executor that the batch had.
/// </summary>
internal sealed class BatchRun(IBatchRunner runner, CostModel cost, BatcherMetrics metrics, TimeProvider time)
{
    /// <summary>Never throws: what goes wrong is the members' answer.</summary>
    /// <param name="batch">At least one request.</param>
    /// <param name="runAt">The size to run at, padded up from the batch's own.</param>
    public async Task RunAsync(BatchRequest[] batch, int runAt)
    {
        if (await TryAsync(batch, runAt) is not { } failure) return;
        if (batch is [var alone]) alone.TrySetException(new RunFailedException(failure));
        else foreach (var request in batch) await RunAsync([request], 1);
    }

    /// <returns>Why the run failed and nobody was answered; null when it did not.</returns>
    private async Task<Exception?> TryAsync(BatchRequest[] batch, int runAt)
    {
        using var activity = InferenceTrace.Source.StartActivity(ActivityKind.Internal, name: "batch",
            links: batch.Where(r => r.Trace != default).Select(r => new ActivityLink(r.Trace)));
        activity?.SetTag("batch.size", batch.Length);
        var started = time.GetTimestamp();
        try
        {
            var masks = await runner.RunAsync(Array.ConvertAll(batch, r => r.Input), runAt);
            var ran = time.GetElapsedTime(started);
            cost.Learn(runAt, ran);
            metrics.Ran(batch.Length, ran);
            for (var i = 0; i < batch.Length; i++)
            {
                var waited = time.GetElapsedTime(batch[i].Enqueued, started);
                metrics.Waited(waited);
                batch[i].TrySetResult(new BatchResult(masks[i], batch.Length, waited, ran));
            }
            return null;
        }
        catch (Exception exception)
        {
            metrics.Failed(batch.Length, exception);
            return exception;
        }
    }
}
