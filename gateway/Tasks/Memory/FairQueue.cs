namespace Rembg.Gateway.Tasks.Memory;

/// <summary>
/// Tasks that may be taken. Clients are taken in turn, by weight (start-time fair queueing; Goyal, Vin and Cheng, 1996): a turn costs
/// a client 1 / weight of virtual time, and the client with the lowest is next. A client's tasks are taken by place.
/// </summary>
internal sealed class FairQueue
{
    private readonly SortedDictionary<(double VirtualTime, long Client), MemoryClient> _turns = [];
    private double _virtualTime;

    /// <summary>Null when there is none.</summary>
    public MemoryTask? Next => _turns.Count == 0 ? null : _turns.First().Value.Queue.First().Value;

    public void Join(MemoryTask task)
    {
        task.Client.Queue.Add(task.Place, task);
        if (task.Client.Turn is null) SetTurn(task.Client, _virtualTime + 1.0 / task.Share.Weight); // who comes back gets no turn that it did not use
    }

    public void Leave(MemoryTask task)
    {
        if (task.Client.Queue.Remove(task.Place) && task.Client.Queue.Count == 0) SetTurn(task.Client, null);
    }

    /// <summary>Takes <see cref="Next"/>, which costs its client a turn.</summary>
    public void Take(MemoryTask task)
    {
        _virtualTime = task.Client.Turn!.Value;
        SetTurn(task.Client, _virtualTime + 1.0 / task.Share.Weight);
        Leave(task);
    }

    /// <summary>Its place among <paramref name="queued"/> tasks, roughly; a task that waits for a retry has none yet.</summary>
    public long Position(MemoryTask task, long queued) => QueuePosition.Estimate(
        task.Client.Queue.Keys.TakeWhile(place => place < task.Place).Count(),
        task.Client.Turn is { } turn ? _turns.Keys.TakeWhile(other => other.CompareTo((turn, task.Client.Number)) < 0).Count() : 0,
        _turns.Count, queued);

    private void SetTurn(MemoryClient client, double? turn)
    {
        if (client.Turn is { } was) _turns.Remove((was, client.Number));
        client.Turn = turn;
        if (turn is { } at) _turns.Add((at, client.Number), client);
        if (_turns.Count == 0) _virtualTime = 0;
    }
}
