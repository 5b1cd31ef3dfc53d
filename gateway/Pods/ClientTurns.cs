using System.Diagnostics.CodeAnalysis;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Requests that wait, by client. Clients take turns, and a turn serves as many requests as the client's weight says: deficit
/// round robin (Shreedhar and Varghese, 1995), in which each request costs 1, because a model run costs the same for every image.
/// A client that had nothing waiting is served before the others, once a round (the new flows of FQ-CoDel, RFC 8290): who sends
/// little hardly waits, however long the others' queues are. Not thread-safe.
/// </summary>
internal sealed class ClientTurns<T>
{
    private readonly Dictionary<string, Turn> _clients = new(StringComparer.Ordinal);
    private readonly LinkedList<Turn> _new = [], _old = [];

    public int Count { get; private set; }

    /// <summary>The sum of the weights of those who have something waiting.</summary>
    public double Weight => _clients.Values.Where(turn => turn.Waiting.Count > 0).Sum(turn => turn.Weight);

    public int CountOf(string client) => _clients.TryGetValue(client, out var turn) ? turn.Waiting.Count : 0;

    public void Enqueue(string client, double weight, T item)
    {
        if (!_clients.TryGetValue(client, out var turn))
        {
            _clients[client] = turn = new(client);
            _new.AddLast(turn.Place);
        }
        turn.Weight = weight;
        turn.Waiting.AddLast(item);
        Count++;
    }

    /// <summary>Takes out one that waits no more.</summary>
    public bool Remove(string client, T item)
    {
        // A client of whom nothing waits stays until its turn comes, so that it is not new again before that.
        if (!_clients.TryGetValue(client, out var turn) || !turn.Waiting.Remove(item)) return false;
        Count--;
        if (Count == 0) Clear();
        return true;
    }

    /// <summary>The next in turn among those that can go.</summary>
    public bool TryDequeue(Predicate<T> canGo, [MaybeNullWhen(false)] out T item)
    {
        for (var passed = 0; passed < _new.Count + _old.Count;)
        {
            var turn = (_new.First ?? _old.First)!.Value;
            if (turn.Waiting.Count == 0 && turn.Place.List == _old)
            {
                Forget(turn);
                continue;
            }
            if (turn.FirstThat(canGo) is not { } node)
            {
                GoesBack(turn);
                passed++;
                continue;
            }
            passed = 0;
            if (turn.Credit < 1) turn.Credit += turn.Weight;
            if (turn.Credit < 1)
            {
                GoesBack(turn); // a weight below 1: served once in several rounds
                continue;
            }
            turn.Credit -= 1;
            turn.Waiting.Remove(node);
            Count--;
            if (turn.Waiting.Count == 0) turn.Credit = 0;
            if (turn.Credit < 1) GoesBack(turn);
            if (Count == 0) Clear();
            item = node.Value;
            return true;
        }
        item = default;
        return false;
    }

    private void GoesBack(Turn turn)
    {
        turn.Place.List!.Remove(turn.Place);
        _old.AddLast(turn.Place);
    }

    private void Forget(Turn turn)
    {
        _old.Remove(turn.Place);
        _clients.Remove(turn.Client);
    }

    private void Clear()
    {
        _clients.Clear();
        _new.Clear();
        _old.Clear();
    }

    private sealed class Turn
    {
        public Turn(string client) => (Client, Place) = (client, new(this));

        public string Client { get; }
        public LinkedListNode<Turn> Place { get; }
        public LinkedList<T> Waiting { get; } = [];
        public double Weight { get; set; }
        public double Credit { get; set; }

        public LinkedListNode<T>? FirstThat(Predicate<T> canGo)
        {
            for (var node = Waiting.First; node is not null; node = node.Next)
                if (canGo(node.Value)) return node;
            return null;
        }
    }
}
