namespace Rembg.Gateway.Memory;

/// <summary>Blocks of equal size that bytes are read into and that are used again. Blocks that nobody needed for a while go back to the system.</summary>
internal sealed class BlockPool : IDisposable
{
    /// <summary>Small enough to stay out of the large object heap, where every allocation hastens a full collection.</summary>
    public const int BlockBytes = 64 << 10;

    /// <summary>So many blocks let go are worth a collection: the runtime gives memory back by itself only when it allocates.</summary>
    private const int WorthCollecting = (4 << 20) / BlockBytes;

    private static readonly TimeSpan TrimEvery = TimeSpan.FromSeconds(15);

    private readonly Lock _lock = new();
    private readonly Stack<byte[]> _free = []; // the last one used is still in the processor's cache
    private readonly long _limit;
    private readonly ITimer _timer;
    private int _surplus; // blocks that nobody needed since the last trim
    private int _uncollected; // blocks let go since the last collection

    public BlockPool(long limit, TimeProvider time)
    {
        _limit = limit;
        _timer = time.CreateTimer(_ => Trim(), null, TrimEvery, TrimEvery);
    }

    /// <summary>Blocks that are kept for the next one.</summary>
    public int Free
    {
        get { lock (_lock) return _free.Count; }
    }

    /// <remarks>Pinned, so that no collection ever copies what is a photograph's 64 KiB and stays for long.</remarks>
    public byte[] Rent()
    {
        lock (_lock)
        {
            if (_free.TryPop(out var block))
            {
                _surplus = Math.Min(_surplus, _free.Count);
                return block;
            }
        }
        return GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
    }

    /// <summary>Kept up to the budget; what a cache or a queue held beyond it goes back to the system.</summary>
    public void Return(byte[] block)
    {
        lock (_lock)
        {
            if ((_free.Count + 1L) * BlockBytes <= _limit) _free.Push(block);
            else _uncollected++;
        }
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>Lets go of as many blocks as were never needed since the last time.</summary>
    private void Trim()
    {
        bool collect;
        lock (_lock)
        {
            for (var i = 0; i < _surplus; i++) _free.Pop();
            _free.TrimExcess();
            _uncollected += _surplus;
            _surplus = _free.Count;
            collect = _uncollected >= WorthCollecting;
            if (collect) _uncollected = 0;
        }
        if (collect) GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
    }
}
