using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>Looks at the queue every two seconds, for the metrics.</summary>
internal sealed partial class QueueMetricsPoller(ITaskQueue queue, TaskMetrics metrics, TimeProvider time, ILogger<QueueMetricsPoller> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do await MeasureAsync();
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task MeasureAsync()
    {
        try
        {
            metrics.Measured(await queue.MeasureAsync());
        }
        catch (ProblemException)
        {
            // The store does not answer: the last figures stay, and other metrics show the outage.
        }
        catch (Exception exception)
        {
            Log.Unexpected(logger, exception); // the gateway must not end of a metric
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "The queue of tasks could not be measured")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
