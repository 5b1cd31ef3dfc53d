namespace Rembg.Gateway.Tasks.Memory;

/// <summary>What one client has in the queue. Guarded by the queue's lock.</summary>
/// <param name="id">The client.</param>
/// <param name="number">Tells clients apart whose turns come at the same virtual time.</param>
internal sealed class MemoryClient(string id, long number)
{
    public string Id => id;
    public long Number => number;

    /// <summary>All of its tasks, by place.</summary>
    public SortedDictionary<long, MemoryTask> Tasks { get; } = [];

    /// <summary>Tasks that may be taken, by place.</summary>
    public SortedDictionary<long, MemoryTask> Queue { get; } = [];

    /// <summary>Virtual time of the next turn, while there is something in <see cref="Queue"/>.</summary>
    public double? Turn { get; set; }

    /// <summary>Tasks whose cutout is kept, by the order in which they ended.</summary>
    public SortedDictionary<long, MemoryTask> Results { get; } = [];

    /// <summary>Tasks that have ended, by who is forgotten first: failed ones, then the oldest.</summary>
    public SortedDictionary<(bool Succeeded, long Ended), MemoryTask> Ended { get; } = [];

    public int Unfinished { get; set; }
    public long InputBytes { get; set; }
    public long ResultBytes { get; set; }

    public bool IsEmpty => Tasks.Count == 0;
}
