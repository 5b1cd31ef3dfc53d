using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rembg.Gateway.Tasks;

/// <summary>
/// The queue's figures. Depth and age are the whole queue's, whichever gateway tells them: take the maximum over gateways,
/// not the sum. Outcomes are counted by the gateway that brought them about.
/// </summary>
internal sealed partial class TaskMetrics
{
    public static readonly ActivitySource Activities = new("Rembg.Tasks");

    /// <summary>How a task, or a run of it, ends. Each is shown from the start: an alert on the first dead letter needs the zero before it.</summary>
    private static readonly string[] Outcomes = ["accepted", "succeeded", "failed", "dead", "cancelled", "retried", "postponed", "interrupted"];

    /// <summary>How an attempt to deliver a webhook ends.</summary>
    private static readonly string[] Results = ["delivered", "retried", "dead"];

    private readonly Counter<long> _outcomes, _attempts;
    private readonly ILogger<TaskMetrics> _logger;
    private QueueDepth _depth = new(0, 0, TimeSpan.Zero, 0);

    public TaskMetrics(IMeterFactory meters, ILogger<TaskMetrics> logger)
    {
        _logger = logger;
        var tasks = meters.Create("rembg.tasks");
        tasks.CreateObservableGauge("queued", () => _depth.Queued, description: "Tasks that wait for a run.");
        tasks.CreateObservableGauge("running", () => _depth.Running, description: "Tasks that some gateway runs.");
        tasks.CreateObservableGauge("dead", () => _depth.Dead, description: "Dead letters that wait for an operator.");
        var webhooks = meters.Create("rembg.webhooks");
        webhooks.CreateObservableGauge("pending", () => _depth.Deliveries, description: "Webhooks that are to be sent.");
        webhooks.CreateObservableGauge("dead", () => _depth.DeadDeliveries, description: "Webhooks that were given up and are kept.");
        meters.Create("rembg.webhook").CreateObservableGauge("age_seconds", () => _depth.OldestDelivery.TotalSeconds, description: "How long ago the task ended whose webhook has waited longest.");
        _attempts = webhooks.CreateCounter<long>("total", description: "Attempts to deliver a webhook by result: delivered, retried (another will follow) or dead (given up).");
        foreach (var result in Results) _attempts.Add(0, new KeyValuePair<string, object?>("result", result));
        _outcomes = tasks.CreateCounter<long>("total", description: "Tasks by outcome: accepted, succeeded, failed, dead, cancelled; retried, postponed and interrupted ones come to another.");
        foreach (var outcome in Outcomes) _outcomes.Add(0, new KeyValuePair<string, object?>("outcome", outcome));
        meters.Create("rembg.task").CreateObservableGauge("age_seconds", () => _depth.Oldest.TotalSeconds, description: "How long the first task in the queue has waited.");
    }

    public void Measured(QueueDepth depth) => _depth = depth;

    public void Count(string outcome) => _outcomes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="result">Of an attempt to deliver a webhook.</param>
    public void CountWebhook(string result) => _attempts.Add(1, new KeyValuePair<string, object?>("result", result));

    public void DeadLettered(string id)
    {
        Count("dead");
        Log.DeadLettered(_logger, id);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Task {Id} is a dead letter: every attempt came to a bad end")]
        public static partial void DeadLettered(ILogger logger, string id);
    }
}
