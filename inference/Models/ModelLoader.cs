using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Rembg.Inference.Batching;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference.Models;

/// <summary>Loads and warms all configured models beside the starting server; only then the pod is ready. Ends the process when one of them cannot go on.</summary>
internal sealed partial class ModelLoader(
    ModelRegistry registry, IOptions<ModelOptions> models, DotProducts processor, IOptions<BatchingOptions> batching, InferenceMetrics metrics,
    TimeProvider time, IHostApplicationLifetime lifetime, ILogger<ModelLoader> logger) : BackgroundService, IHealthCheck
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not on the starting thread: the management port must answer while models load.
        await Task.Yield();
        var loaded = new List<LoadedModel>();
        try
        {
            foreach (var name in models.Value.NameList)
            {
                stoppingToken.ThrowIfCancellationRequested();
                loaded.Add(models.Value.Role == PodRole.Draw
                    ? LoadedModel.ForDrawing(name, models.Value, processor)
                    : LoadedModel.Load(name, models.Value, processor, batching.Value, metrics, time, logger));
            }
            registry.Publish(loaded);
            await WatchAsync(loaded, stoppingToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            if (exception is ModelException) Log.CannotLoad(logger, exception.Message);
            else Log.LoadFailed(logger, exception);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    /// <summary>A batcher ends before the pod does only by a bug. Requests would fail for ever; a new process serves again.</summary>
    private static async Task WatchAsync(IEnumerable<LoadedModel> models, CancellationToken stoppingToken)
    {
        Task[] batchers = [.. models.Select(model => model.Batcher?.Completion).OfType<Task>()];
        if (batchers.Length == 0) return; // it only draws
        var ended = await Task.WhenAny(batchers).WaitAsync(stoppingToken);
        await ended;
    }

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(registry.IsReady ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("warming up, or a model has stopped"));

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Critical, Message = "{Reason}")]
        public static partial void CannotLoad(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Critical, Message = "A model could not be loaded, or has stopped")]
        public static partial void LoadFailed(ILogger logger, Exception exception);
    }
}
