using System.Text.Json;
using System.Text.Json.Serialization;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>A task as clients see it.</summary>
/// <param name="Id">24 URL-safe characters.</param>
/// <param name="Status">queued, running, succeeded, failed or cancelled.</param>
/// <param name="Position">While queued: place in the queue, 1 for the next one.</param>
/// <param name="Attempts">Runs begun, without those that found no room.</param>
/// <param name="CreatedAt">When it was accepted.</param>
/// <param name="StartedAt">When its latest run began.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="WaitedMs">From acceptance to the latest run.</param>
/// <param name="RanMs">The latest run, once it has ended.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Links">Where to go from here.</param>
internal sealed record TaskView(
    string Id, string Status, long? Position, int Attempts, DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt,
    long? WaitedMs, long? RanMs, TaskError? Error, TaskLinks Links)
{
    /// <param name="task">The task.</param>
    /// <param name="origin">What links begin with: the path under which the outside reaches the service, or a whole URL.</param>
    public static TaskView Of(CutoutTask task, string origin) => new(
        task.Id, NameOf(task.State), task.Position, task.Attempts, task.CreatedAt, task.StartedAt, task.FinishedAt,
        Milliseconds(task.StartedAt - task.CreatedAt), task.Result?.RanMs ?? Milliseconds(task.FinishedAt - task.StartedAt),
        task.Error is { } error ? TaskError.Of(error) : null,
        new($"{origin}/v1/tasks/{task.Id}", task.State == TaskState.Succeeded ? $"{origin}/v1/tasks/{task.Id}/result" : null));

    public static string NameOf(TaskState state) => state.ToString().ToLowerInvariant();

    /// <summary>Between two readings of the store's clock, which may have been set in between (issue 27).</summary>
    private static long? Milliseconds(TimeSpan? time) => time is { } known ? Math.Max(0, (long)known.TotalMilliseconds) : null;
}

/// <summary>The problem that a synchronous request would have been answered with.</summary>
internal sealed record TaskError(string Code, int Status, string Title, string? Detail)
{
    public static TaskError Of(Problem problem) => new(problem.Code, problem.Status, problem.Title, problem.Detail);
}

internal sealed record TaskLinks(string Self, string? Result);

/// <summary>A page of a client's tasks.</summary>
/// <param name="Data">The newest first.</param>
/// <param name="NextCursor">For <c>?cursor=</c>; absent on the last page.</param>
internal sealed record TaskListView(IReadOnlyList<TaskView> Data, string? NextCursor);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TaskView))]
[JsonSerializable(typeof(TaskListView))]
internal sealed partial class TaskViewJson : JsonSerializerContext;
