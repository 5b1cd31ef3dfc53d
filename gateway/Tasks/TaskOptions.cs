using System.ComponentModel.DataAnnotations;

namespace Rembg.Gateway.Tasks;

/// <summary>How many tasks may wait, how they are run, and how long what they leave behind is kept.</summary>
public sealed class TaskOptions
{
    public const string Section = "Tasks";

    /// <summary>Tasks accepted and not finished; one more is answered 503.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Tasks:MaxUnfinished must be between 1 and 1000000.")]
    public int MaxUnfinished { get; set; } = 1000;

    /// <summary>Bytes of uploads of tasks that are not finished; more is answered 503.</summary>
    [Range(1 << 10, long.MaxValue, ErrorMessage = "Tasks:MaxUnfinishedBytes must be at least 1 KiB.")]
    public long MaxUnfinishedBytes { get; set; } = 2L << 30;

    /// <summary>Bytes of results that are kept; beyond them the oldest of the client that holds most are deleted.</summary>
    [Range(1 << 10, long.MaxValue, ErrorMessage = "Tasks:MaxResultBytes must be at least 1 KiB.")]
    public long MaxResultBytes { get; set; } = 2L << 30;

    /// <summary>Ended tasks that are remembered, some kilobytes each; beyond them the client with the most forgets its oldest, failed ones first.</summary>
    [Range(1, 10_000_000, ErrorMessage = "Tasks:MaxRecords must be between 1 and 10000000.")]
    public int MaxRecords { get; set; } = 40_000;

    /// <summary>Webhooks that have not been delivered, with those that tasks under way will need; one more task with a webhook is answered 503. As many that were given up are kept.</summary>
    [Range(1, 10_000_000, ErrorMessage = "Tasks:MaxDeliveries must be between 1 and 10000000.")]
    public int MaxDeliveries { get; set; } = 10_000;

    /// <summary>Batches that are remembered, up to a thousand images each; one more is answered 503.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Tasks:MaxBatches must be between 1 and 1000000.")]
    public int MaxBatches { get; set; } = 1000;

    /// <summary>Share of each of the bounds above that one client may have, unless its plan says otherwise; beyond it this client is answered 429.</summary>
    [Range(0.001, 1, ErrorMessage = "Tasks:ClientShare must be between 0.001 and 1.")]
    public double ClientShare { get; set; } = 0.25;

    /// <summary>
    /// How long a gateway may be silent about a task it runs before another takes it over. It is renewed every third of this
    /// time, so it only has to be longer than a pause, not than a run.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "01:00:00", ErrorMessage = "Tasks:Lease must be between 0.2 s and 1 h.")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Runs of a task that may come to a bad end (its pod or its gateway died) before it goes to the dead letters.</summary>
    [Range(1, 100, ErrorMessage = "Tasks:MaxAttempts must be between 1 and 100.")]
    public int MaxAttempts { get; set; } = 5;

    /// <summary>Wait after the first attempt that came to a bad end; doubled after each further one, and never longer than <see cref="Lease"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00", ErrorMessage = "Tasks:RetryDelay must be between 0 and 1 h.")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Time for one run, waiting in the pod included. Nobody sits in front of it, so it is longer than a request's.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "1.00:00:00", ErrorMessage = "Tasks:RunTimeout must be between 0.2 s and 1 day.")]
    public TimeSpan RunTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Most tasks that this gateway runs at once, however much room the pods have; 0 runs none here.</summary>
    [Range(0, 10_000, ErrorMessage = "Tasks:MaxRunning must be between 0 and 10000.")]
    public int MaxRunning { get; set; } = 64;

    /// <summary>How often the queue is looked at without being told of new work: finds what a lost message or a dead gateway left.</summary>
    [Range(typeof(TimeSpan), "00:00:00.02", "00:05:00", ErrorMessage = "Tasks:PollEvery must be between 20 ms and 5 min.")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a finished task's result is kept, and its Idempotency-Key is remembered; the bare record stays twice as long.</summary>
    [Range(typeof(TimeSpan), "00:00:00.2", "30.00:00:00", ErrorMessage = "Tasks:Retention must be between 0.2 s and 30 days.")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long an upload waits for its run; after that the task fails with <c>task_expired</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00", ErrorMessage = "Tasks:InputLifetime must be between 1 s and 30 days.")]
    public TimeSpan InputLifetime { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long dead letters are kept with their uploads, for an operator to look at; webhooks that were given up, too.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "90.00:00:00", ErrorMessage = "Tasks:DeadLetterRetention must be between 1 s and 90 days.")]
    public TimeSpan DeadLetterRetention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Bytes of uploads of dead letters; the oldest (all of them have failed with a reason) make way for new ones.</summary>
    [Range(1 << 10, long.MaxValue, ErrorMessage = "Tasks:MaxDeadLetterBytes must be at least 1 KiB.")]
    public long MaxDeadLetterBytes { get; set; } = 2L << 30;

    /// <summary>The wait after <paramref name="attempts"/> attempts that came to a bad end.</summary>
    internal TimeSpan DelayAfter(int attempts)
    {
        var delay = RetryDelay * Math.Pow(2, Math.Min(attempts - 1, 20));
        return delay < Lease ? delay : Lease;
    }
}
