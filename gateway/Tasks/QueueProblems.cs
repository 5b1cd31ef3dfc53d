using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>What only a queue can say.</summary>
internal static class QueueProblems
{
    public static Problem TooManyTasks() => Problem.Overloaded("Too many tasks are waiting.") with { RetryAfter = TimeSpan.FromSeconds(10) };
    public static Problem TooManyBytes() => Problem.Overloaded("The waiting tasks hold too many bytes.") with { RetryAfter = TimeSpan.FromSeconds(10) };

    public static Problem TooManyDeliveries() => Problem.Overloaded("Too many webhooks are waiting to be delivered.") with { RetryAfter = TimeSpan.FromSeconds(10) };

    public static Problem ClientHasTooManyDeliveries() => ShareExceeded("Too many of your webhooks have not been delivered.", TimeSpan.FromSeconds(10));
    public static Problem ClientHasTooManyTasks() => ShareExceeded("Too many of your tasks are waiting.", TimeSpan.FromSeconds(10));
    public static Problem ClientHasTooManyBytes() => ShareExceeded("Your waiting tasks hold too many bytes.", TimeSpan.FromSeconds(10));

    /// <param name="untilOldestExpires">Deleting one makes room sooner.</param>
    public static Problem ClientHasTooManyResults(TimeSpan untilOldestExpires) =>
        ShareExceeded("Too many of your results have not been deleted yet: DELETE tasks whose results you have.", untilOldestExpires);

    public static Problem AttemptsExhausted(int attempts) =>
        new(502, "attempts_exhausted", "Every attempt came to a bad end") { Detail = $"{attempts} runs died or gave no valid answer; an operator can look at it and try it again." };

    public static Problem TooManyBatches() => Problem.Overloaded("Too many batches are kept.") with { RetryAfter = TimeSpan.FromSeconds(30) };
    public static Problem ClientHasTooManyBatches() => ShareExceeded("Too many of your batches are kept: DELETE those whose results you have.", TimeSpan.FromSeconds(30));

    /// <param name="what">As the scripts call it.</param>
    /// <param name="microseconds">Until there may be room.</param>
    public static Problem Full(string what, long microseconds) => what switch
    {
        "tasks" => TooManyTasks(),
        "inputs" => TooManyBytes(),
        "deliveries" => TooManyDeliveries(),
        "client_deliveries" => ClientHasTooManyDeliveries(),
        "batches" => TooManyBatches(),
        "client_batches" => ClientHasTooManyBatches(),
        "client_tasks" => ClientHasTooManyTasks(),
        "client_inputs" => ClientHasTooManyBytes(),
        "client_results" => ClientHasTooManyResults(TimeSpan.FromMicroseconds(microseconds)),
        _ => throw new InvalidOperationException($"A script answered {what}."),
    };

    private static Problem ShareExceeded(string detail, TimeSpan retryAfter) =>
        new(429, "task_share_exceeded", "You have your share of the queue of tasks") { Detail = detail, RetryAfter = retryAfter };

    public static Problem ListsNeedKeys() =>
        new(403, "keys_off", "Tasks are listed for owners of API keys only") { Detail = "Where keys are off, the id of a task is the right to see it." };

    public static Problem Expired() => new(504, "task_expired", "The task waited too long") { Detail = "Its upload was deleted before there was room to run it." };
}
