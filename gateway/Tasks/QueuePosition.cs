namespace Rembg.Gateway.Tasks;

/// <summary>Where a task stands among those of all clients, without looking at each of them.</summary>
internal static class QueuePosition
{
    /// <summary>As if every client in turn had as many tasks left as this one: right for equal weights and queues, else an upper bound.</summary>
    /// <param name="before">Tasks of the same client that are before it.</param>
    /// <param name="earlierClients">Clients whose turn is before this client's.</param>
    /// <param name="clients">Clients that take turns.</param>
    /// <param name="queued">All tasks that are queued.</param>
    /// <returns>1 for the next one.</returns>
    public static long Estimate(long before, long earlierClients, long clients, long queued) => Math.Clamp(before * clients + earlierClients + 1, 1, Math.Max(1, queued));
}
