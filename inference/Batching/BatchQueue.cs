using Rembg.Contract;

namespace Rembg.Inference.Batching;

/// <summary>
/// Requests that wait, by priority. Interactive ones go first, those of light clients before the others. Background requests fill the
/// free places of a batch; when both wait, background gets a reserved share of the places, so that it never starves. One loop owns it,
/// so there are no locks.
/// </summary>
internal sealed class BatchQueue(double backgroundShare)
{
    private readonly Queue<BatchRequest> _light = new();
    private readonly Queue<BatchRequest> _interactive = new();
    private readonly Queue<BatchRequest> _background = new();

    // Earned by background with every place that interactive takes in front of it; 1 buys a place.
    private double _credit;

    public int Count => _light.Count + _interactive.Count + _background.Count;

    /// <summary>Arrival of the request that has waited longest; only when there is one.</summary>
    public long Oldest => new[] { _light, _interactive, _background }.Min(queue => queue.TryPeek(out var first) ? first.Enqueued : long.MaxValue);

    public void Enqueue(BatchRequest request) =>
        (request.Priority == Priority.Background ? _background : request.IsLight ? _light : _interactive).Enqueue(request);

    /// <summary>Removes every request for which <paramref name="isDead"/> says so, wherever it stands: the dead hold memory too.</summary>
    public void Sweep(Predicate<BatchRequest> isDead)
    {
        Sweep(_light, isDead);
        Sweep(_interactive, isDead);
        Sweep(_background, isDead);
    }

    public BatchRequest[] Take(int count)
    {
        var batch = new BatchRequest[Math.Min(count, Count)];
        for (var i = 0; i < batch.Length; i++) batch[i] = Next();
        return batch;
    }

    private BatchRequest Next()
    {
        if (_background.Count == 0)
        {
            _credit = 0;
            return NextInteractive();
        }
        if (_light.Count + _interactive.Count == 0) return _background.Dequeue();
        if (_credit >= 1)
        {
            _credit -= 1;
            return _background.Dequeue();
        }
        _credit += backgroundShare / (1 - backgroundShare);
        return NextInteractive();
    }

    private BatchRequest NextInteractive() => (_light.Count > 0 ? _light : _interactive).Dequeue();

    private static void Sweep(Queue<BatchRequest> queue, Predicate<BatchRequest> isDead)
    {
        for (var left = queue.Count; left > 0; left--)
        {
            var isGone = isDead(queue.Peek()); // first: if it throws, nothing is lost
            var request = queue.Dequeue();
            if (!isGone) queue.Enqueue(request);
        }
    }
}
