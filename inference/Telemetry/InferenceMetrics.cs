using System.Diagnostics.Metrics;
using Rembg.Contract;

namespace Rembg.Inference.Telemetry;

/// <summary>Every instrument of the pod; prometheus-net shows them as <c>rembg_inference_NAME</c>.</summary>
public sealed class InferenceMetrics(IMeterFactory meters)
{
    private readonly Meter _meter = meters.Create("rembg.inference");

    private Counter<long> Requests => field ??= _meter.CreateCounter<long>("requests_total", null, "Requests by how they ended.");
    private Histogram<double> RequestSeconds => field ??= _meter.CreateHistogram<double>("request_seconds", null, "Time from admission to the last byte, answered requests only.");
    private Histogram<double> StageSeconds => field ??= _meter.CreateHistogram<double>("stage_seconds", null, "Time of a request in one stage.");

    /// <summary>How a request ends. Each is shown once a model is loaded: a rate over the first failure needs the zero before it.</summary>
    private static readonly string[] Outcomes = ["ok", "invalid", "rejected", "cancelled", "expired", "cannot_meet_deadline", "failed"];

    /// <param name="outcome">One of <see cref="Outcomes"/>.</param>
    public void Answered(string model, Priority priority, string outcome, TimeSpan took)
    {
        KeyValuePair<string, object?> modelTag = new("model", model), priorityTag = new("priority", priority.ToName());
        Requests.Add(1, modelTag, priorityTag, new("outcome", outcome));
        if (outcome == "ok") RequestSeconds.Record(took.TotalSeconds, modelTag, priorityTag);
    }

    public void Stage(string stage, TimeSpan took) => StageSeconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("stage", stage));

    /// <summary>Requests in the pod, from the door to the last byte.</summary>
    public void ObserveInFlight(Func<int> inFlight) =>
        _meter.CreateObservableGauge("inflight_requests", inFlight, null, "Requests in the pod, from the door to the last byte.");

    /// <summary>Complaints of the native image libraries, which are counted and not logged: a file of 1 MB can cause 31 MB of them.</summary>
    public void ObserveImageWarnings(Func<long> warnings) =>
        _meter.CreateObservableCounter("image_warnings_total", warnings, null, "Warnings of the native image libraries about files that they were given.");

    /// <summary>Which execution provider runs a model, in which precision, and at which batch sizes: found out at start, constant afterwards.</summary>
    public void ModelLoaded(string model, string provider, string precision, int largestBatch)
    {
        foreach (var priority in Enum.GetValues<Priority>())
            foreach (var outcome in Outcomes) Requests.Add(0, new("model", model), new("priority", priority.ToName()), new("outcome", outcome));
        _meter.CreateObservableGauge("execution_provider", () => new Measurement<int>(1, new("model", model), new("provider", provider)),
            null, "1 for the execution provider that runs the model.");
        _meter.CreateObservableGauge("model_precision", () => new Measurement<int>(1, new("model", model), new("precision", precision)),
            null, "1 for the precision that the model runs in: int8 or full.");
        _meter.CreateObservableGauge("max_batch_size", () => new Measurement<int>(largestBatch, new KeyValuePair<string, object?>("model", model)),
            null, "Largest batch size in use, found by measuring or fixed.");
    }

    public BatcherMetrics ForModel(string model, ILogger logger) => new(_meter, model, logger);
}
