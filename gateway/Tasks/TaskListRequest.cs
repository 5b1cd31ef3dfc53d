using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>Which part of its tasks a client wants to see: <c>?status=failed&amp;limit=20&amp;cursor=...</c></summary>
internal sealed record TaskListRequest(TaskState? State, int Limit, TaskCursor? After)
{
    public const int MaxLimit = 100;
    private const int DefaultLimit = 20;

    /// <summary>The states that a task in a list can have.</summary>
    public static IReadOnlyList<TaskState> States { get; } = [TaskState.Queued, TaskState.Running, TaskState.Succeeded, TaskState.Failed];

    /// <exception cref="ProblemException">400: a parameter is not valid, or given twice.</exception>
    public static TaskListRequest Parse(IQueryCollection query)
    {
        TaskState? state = null;
        if (One(query, "status") is { } status)
        {
            state = States.Cast<TaskState?>().FirstOrDefault(known => TaskView.NameOf(known!.Value) == status)
                ?? throw Problem.InvalidParameter("status", $"must be one of {string.Join(", ", States.Select(TaskView.NameOf))}").AsException();
        }
        var limit = DefaultLimit;
        if (One(query, "limit") is { } text && !(int.TryParse(text, System.Globalization.NumberStyles.None, null, out limit) && limit is >= 1 and <= MaxLimit))
            throw Problem.InvalidParameter("limit", $"must be 1 to {MaxLimit}").AsException();
        var after = One(query, "cursor") is { } cursor ? TaskCursor.Parse(cursor) ?? throw Problem.InvalidParameter("cursor", "must be the nextCursor of a page").AsException() : null;
        return new(state, limit, after);
    }

    private static string? One(IQueryCollection query, string name) => query[name] switch
    {
        [] => null,
        [var value] => value,
        _ => throw Problem.InvalidParameter(name, "must be given once").AsException(),
    };
}
