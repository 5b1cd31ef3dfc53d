using System.Buffers;

namespace Rembg.Gateway.Memory;

/// <summary>
/// A handle on bytes that several hold at once: requests, and keepers (a cache, a queue), which have a budget of their own. The
/// requests that brought the bytes in are charged for them once, however many they are. Requests that a keeper serves are charged
/// only when the keeper lets go while they still read. The memory is used again when the last handle is disposed.
/// </summary>
public sealed class SharedBytes : IDisposable
{
    private enum Kind { Request, Keeper, ServedByKeeper }

    private readonly ReadOnlySequence<byte> _bytes;
    private readonly Holding? _holding; // null for an array of the collector's
    private readonly Kind _kind;
    private int _disposed;

    private SharedBytes(ReadOnlySequence<byte> bytes, Holding? holding, Kind kind) => (_bytes, _holding, _kind) = (bytes, holding, kind);

    public static SharedBytes Empty { get; } = Of(default);

    /// <summary>Valid until this handle is disposed.</summary>
    public ReadOnlySequence<byte> Bytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            return _bytes;
        }
    }

    public long Length => _bytes.Length;

    /// <summary>Whom they were read for; null when nobody was charged.</summary>
    internal string? Client => _holding?.Client;

    /// <summary>Bytes in an array that the collector frees. Charged to nobody.</summary>
    public static SharedBytes Of(ReadOnlyMemory<byte> bytes) => new(new(bytes), null, Kind.Request);

    /// <summary>Bytes that have been charged already.</summary>
    /// <param name="free">Called when the last handle is disposed.</param>
    internal static SharedBytes Of(ReadOnlySequence<byte> bytes, MemoryBudget memory, string client, MemoryBudget.Charge charge, Action free) =>
        new(bytes, new Holding(memory, client, charge, free), Kind.Request);

    /// <summary>Another handle, for another request.</summary>
    public SharedBytes Share() => TryShare() ?? throw new ObjectDisposedException(nameof(SharedBytes));

    /// <summary>Null when this handle has been disposed meanwhile, as a cache does with what it lets go.</summary>
    public SharedBytes? TryShare() => Another(_kind == Kind.Request ? Kind.Request : Kind.ServedByKeeper);

    /// <summary>Another handle, for a keeper that answers for the bytes by a budget of its own.</summary>
    public SharedBytes Keep() => Another(Kind.Keeper) ?? throw new ObjectDisposedException(nameof(SharedBytes));

    public void Dispose()
    {
        if (_holding is not null && Interlocked.Exchange(ref _disposed, 1) == 0) _holding.Release(_kind);
    }

    private SharedBytes? Another(Kind kind) =>
        _holding is null ? this
        : _disposed == 0 && _holding.TryHold(kind) ? new(_bytes, _holding, kind)
        : null;

    /// <summary>Who holds the bytes, and whether the budget of requests is charged for them.</summary>
    private sealed class Holding(MemoryBudget memory, string client, MemoryBudget.Charge charge, Action free)
    {
        private readonly Lock _lock = new();
        private readonly long _bytes = charge.Bytes;
        private readonly int[] _holders = [1, 0, 0]; // by kind
        private MemoryBudget.Charge _charge = charge;

        public string Client => client;

        public bool TryHold(Kind kind)
        {
            lock (_lock)
            {
                if (_holders is [0, 0, 0]) return false;
                _holders[(int)kind]++;
                return true;
            }
        }

        public void Release(Kind kind)
        {
            lock (_lock)
            {
                _holders[(int)kind]--;
                if (_holders is [0, 0, > 0] && _charge.Bytes == 0) _charge = memory.Force(_bytes);
                if (_holders is [0, > 0, _] or [0, 0, 0]) _charge.Dispose();
                if (_holders is not [0, 0, 0]) return;
            }
            free();
        }
    }
}
