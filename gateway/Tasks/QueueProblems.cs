using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>What only a queue can say.</summary>
internal static class QueueProblems
{
    public static Problem TooManyTasks() => Problem.Overloaded("Too many tasks are waiting.") with { RetryAfter = TimeSpan.FromSeconds(10) };
    public static Problem TooManyBytes() => Problem.Overloaded("The waiting tasks hold too many bytes.") with { RetryAfter = TimeSpan.FromSeconds(10) };
    public static Problem TooManyResults() => Problem.Overloaded("Too many results have not been deleted yet.") with { RetryAfter = TimeSpan.FromSeconds(30) };

    public static Problem AttemptsExhausted(int attempts) =>
        new(502, "attempts_exhausted", "Every attempt came to a bad end") { Detail = $"{attempts} runs died or gave no valid answer; an operator can look at it and try it again." };

    public static Problem Expired() => new(504, "task_expired", "The task waited too long") { Detail = "Its upload was deleted before there was room to run it." };
}
