namespace Rembg.Gateway.Tasks.Memory;

/// <summary>What time brings a task.</summary>
internal enum Due
{
    /// <summary>Its lease runs out.</summary>
    Lease,

    /// <summary>The wait for a retry is over.</summary>
    Delay,

    /// <summary>Its upload is not kept any longer.</summary>
    Input,

    /// <summary>Its cutout is not kept any longer.</summary>
    Result,

    /// <summary>It is forgotten.</summary>
    Record,
}

/// <summary>What is to happen to which task, and when on the monotonic clock; at most one time a task and kind.</summary>
internal sealed class DueTimes
{
    private readonly SortedDictionary<(TimeSpan At, long Place, Due Kind), MemoryTask> _tasks = [];
    private readonly Dictionary<(long Place, Due Kind), TimeSpan> _times = [];

    public void Set(MemoryTask task, Due kind, TimeSpan at)
    {
        Remove(task, kind);
        _times.Add((task.Place, kind), at);
        _tasks.Add((at, task.Place, kind), task);
    }

    public void Remove(MemoryTask task, params ReadOnlySpan<Due> kinds)
    {
        foreach (var kind in kinds)
            if (_times.Remove((task.Place, kind), out var at)) _tasks.Remove((at, task.Place, kind));
    }

    /// <summary>Null when the task has no such time.</summary>
    public TimeSpan? Find(MemoryTask task, Due kind) => _times.TryGetValue((task.Place, kind), out var at) ? at : null;

    /// <summary>Takes the first that is due.</summary>
    public bool TryTake(TimeSpan now, out MemoryTask task, out Due kind)
    {
        (task, kind) = (null!, default);
        if (_tasks.Count == 0 || _tasks.First() is var first && first.Key.At > now) return false;
        (task, kind) = (first.Value, first.Key.Kind);
        Remove(task, kind);
        return true;
    }
}
