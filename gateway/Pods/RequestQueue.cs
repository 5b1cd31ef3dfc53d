using System.Diagnostics.CodeAnalysis;
using Rembg.Contract;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Requests that wait for a pod, by priority and client. Light ones, whose client has nothing else, go first, then interactive ones; when
/// background waits too, it still gets its share, so that it never starves. Bounded as a whole and for each client. Not thread-safe.
/// </summary>
/// <param name="backgroundShare">Of what is served while both wait.</param>
internal sealed class RequestQueue<T>(int maxWaiting, int maxWaitingPerClient, double backgroundShare)
{
    public enum Room { Free, ClientIsFull, QueueIsFull }

    private readonly ClientTurns<T> _light = new(), _interactive = new(), _background = new();

    // Earned by background with every interactive request that is served before it; 1 buys a turn.
    private double _credit;

    public int Count => _light.Count + _interactive.Count + _background.Count;

    public int CountOf(Priority priority) => Of(priority).Count + (priority == Priority.Interactive ? _light.Count : 0);

    public int CountOf(Priority priority, string client) => Of(priority).CountOf(client) + (priority == Priority.Interactive ? _light.CountOf(client) : 0);

    /// <summary>Whether one more may wait.</summary>
    public Room RoomFor(Priority priority, string client) =>
        CountOf(priority, client) >= maxWaitingPerClient ? Room.ClientIsFull : Count >= maxWaiting ? Room.QueueIsFull : Room.Free;

    public void Enqueue(Priority priority, string client, double weight, bool isLight, T item) => (isLight ? _light : Of(priority)).Enqueue(client, weight, item);

    public bool Remove(Priority priority, string client, T item) => _light.Remove(client, item) || Of(priority).Remove(client, item);

    /// <summary>How many are served until one more of this client's is, if those who wait now are all.</summary>
    public double Ahead(Priority priority, string client, double weight)
    {
        var turns = Of(priority);
        var own = turns.CountOf(client);
        var others = turns.Weight - (own > 0 ? weight : 0);
        return Math.Min(turns.Count, own + own * others / weight) + 1;
    }

    /// <summary>The next light one in turn among those that can go.</summary>
    public bool TryDequeueLight(Predicate<T> canGo, [MaybeNullWhen(false)] out T item) => _light.TryDequeue(canGo, out item);

    /// <summary>The next in turn, of those that are not light, among those that can go.</summary>
    public bool TryDequeue(Predicate<T> canGo, [MaybeNullWhen(false)] out T item)
    {
        if (_background.Count > 0 && _credit >= 1 && _background.TryDequeue(canGo, out item))
        {
            _credit -= 1;
            return true;
        }
        if (!_interactive.TryDequeue(canGo, out item)) return _background.TryDequeue(canGo, out item);
        _credit = _background.Count == 0 ? 0 : Math.Min(1, _credit + backgroundShare / (1 - backgroundShare));
        return true;
    }

    private ClientTurns<T> Of(Priority priority) => priority == Priority.Interactive ? _interactive : _background;
}
