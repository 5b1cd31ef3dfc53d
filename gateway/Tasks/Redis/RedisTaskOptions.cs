using System.Text.Json;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>What the scripts know of <see cref="TaskOptions"/>. Times are microseconds, as all of the scripts'.</summary>
/// <param name="Expired">The problem (JSON) of a task whose upload's lifetime is over.</param>
/// <param name="Exhausted">The problem (JSON) of a task that is a dead letter.</param>
internal sealed record RedisTaskOptions(
    long MaxTasks, long MaxInputBytes, long MaxResultBytes, long MaxRecords, long MaxDeadLetterBytes, long MaxDeliveries, long MaxBatches, int MaxAttempts,
    long Lease, long InputLifetime, long Retention, long DeadLetterRetention, string Expired, string Exhausted)
{
    public static string Json(TaskOptions options) => JsonSerializer.Serialize(
        new(options.MaxUnfinished, options.MaxUnfinishedBytes, options.MaxResultBytes, options.MaxRecords, options.MaxDeadLetterBytes, options.MaxDeliveries, options.MaxBatches, options.MaxAttempts,
            Microseconds(options.Lease), Microseconds(options.InputLifetime), Microseconds(options.Retention), Microseconds(options.DeadLetterRetention),
            JsonSerializer.Serialize(QueueProblems.Expired(), TaskJson.Default.Problem),
            JsonSerializer.Serialize(QueueProblems.AttemptsExhausted(options.MaxAttempts), TaskJson.Default.Problem)),
        TaskJson.Default.RedisTaskOptions);

    public static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
