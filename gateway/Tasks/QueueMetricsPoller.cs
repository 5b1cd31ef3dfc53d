using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>Looks at the queue every two seconds, for the metrics.</summary>
internal sealed class QueueMetricsPoller(ITaskQueue queue, TaskMetrics metrics, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                metrics.Measured(await queue.MeasureAsync());
            }
            catch (ProblemException)
            {
                // The store is away; the last figures stay, and others tell of the outage.
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
