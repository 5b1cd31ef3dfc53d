using System.Diagnostics.Metrics;
using Rembg.Contract;

namespace Rembg.Inference.Telemetry;

/// <summary>What one model's batcher reports.</summary>
public sealed partial class BatcherMetrics(Meter meter, string model, ILogger logger)
{
    private readonly KeyValuePair<string, object?> _model = new("model", model);
    private readonly Histogram<double> _queueWait = meter.CreateHistogram<double>("queue_wait_seconds", null, "Time that a request waited for its batch.");
    private readonly Histogram<long> _batchSize = meter.CreateHistogram<long>("batch_size", null, "Images in a model run.");
    private readonly Histogram<double> _batchSeconds = meter.CreateHistogram<double>("batch_seconds", null, "Duration of a model run.");

    public void ObserveQueue(Func<Priority, int> length) =>
        meter.CreateObservableGauge("queue_length", () => Enum.GetValues<Priority>().Select(priority =>
            new Measurement<int>(length(priority), _model, new("priority", priority.ToName()))), null, "Requests waiting for a batch.");

    public void Waited(TimeSpan waited) => _queueWait.Record(waited.TotalSeconds, _model);

    public void Ran(int images, TimeSpan took)
    {
        _batchSize.Record(images, _model);
        _batchSeconds.Record(took.TotalSeconds, _model);
    }

    public void Failed(int images, Exception exception) => Log.RunFailed(logger, exception, model, images);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "A run of {Model} with {Images} image(s) failed")]
        public static partial void RunFailed(ILogger logger, Exception exception, string model, int images);
    }
}
