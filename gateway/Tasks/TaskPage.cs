using System.Globalization;

namespace Rembg.Gateway.Tasks;

/// <param name="Tasks">The newest first.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
internal sealed record TaskPage(IReadOnlyList<CutoutTask> Tasks, TaskCursor? Next);

/// <summary>A place in a client's list of tasks. It stays one when the task at it is forgotten.</summary>
/// <param name="Order">When the task was accepted, in the queue's own measure.</param>
/// <param name="Id">The task; decides between two that were accepted at the same time.</param>
internal sealed record TaskCursor(long Order, string Id)
{
    /// <summary>Null for what is no cursor.</summary>
    public static TaskCursor? Parse(string text) =>
        text.Split('.') is [var order, var id] && long.TryParse(order, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && TaskId.IsValid(id) ? new(number, id) : null;

    public override string ToString() => FormattableString.Invariant($"{Order}.{Id}");
}
