using System.Buffers;

namespace Rembg.Gateway.Memory;

/// <summary>
/// A handle on bytes that several hold at once: requests, which are charged for them once, however many they are, and keepers
/// (a cache, a queue), which have a budget of their own. The memory is used again when the last handle is disposed.
/// </summary>
public sealed class SharedBytes : IDisposable
{
    private readonly ReadOnlySequence<byte> _bytes;
    private readonly Holding? _holding; // null for an array of the collector's
    private readonly bool _keeps;
    private int _disposed;

    private SharedBytes(ReadOnlySequence<byte> bytes, Holding? holding, bool keeps) => (_bytes, _holding, _keeps) = (bytes, holding, keeps);

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

    public static SharedBytes Empty { get; } = Of(default);

    /// <summary>Bytes in an array that the collector frees. Charged to nobody.</summary>
    public static SharedBytes Of(ReadOnlyMemory<byte> bytes) => new(new(bytes), null, keeps: false);

    /// <summary>Bytes that have been charged already.</summary>
    /// <param name="free">Called when the last handle is disposed.</param>
    internal static SharedBytes Of(ReadOnlySequence<byte> bytes, MemoryBudget memory, string client, MemoryBudget.Charge charge, Action free) =>
        new(bytes, new Holding(memory, client, charge, free), keeps: false);

    /// <summary>Another handle, for another request.</summary>
    public SharedBytes Share() => TryShare() ?? throw new ObjectDisposedException(nameof(SharedBytes));

    /// <summary>Null when this handle has been disposed meanwhile, as a cache does with what it lets go.</summary>
    public SharedBytes? TryShare() => Another(keeps: false);

    /// <summary>Another handle, for a keeper that answers for the bytes by a budget of its own.</summary>
    public SharedBytes Keep() => Another(keeps: true) ?? throw new ObjectDisposedException(nameof(SharedBytes));

    public void Dispose()
    {
        if (_holding is not null && Interlocked.Exchange(ref _disposed, 1) == 0) _holding.Release(_keeps);
    }

    private SharedBytes? Another(bool keeps) =>
        _holding is null ? this
        : _disposed == 0 && _holding.TryHold(keeps) ? new(_bytes, _holding, keeps)
        : null;

    /// <summary>Who holds the bytes, and whether the budget of requests is charged for them: while no keeper is.</summary>
    private sealed class Holding(MemoryBudget memory, string client, MemoryBudget.Charge charge, Action free)
    {
        private readonly Lock _lock = new();
        private readonly long _bytes = charge.Bytes;
        private MemoryBudget.Charge _charge = charge;
        private int _requests = 1, _keepers;

        public string Client => client;

        public bool TryHold(bool keeps)
        {
            lock (_lock)
            {
                if (_requests + _keepers == 0) return false;
                if (!keeps) _requests++;
                else if (_keepers++ == 0) _charge.Dispose();
                return true;
            }
        }

        public void Release(bool keeps)
        {
            lock (_lock)
            {
                if (!keeps) _requests--;
                else if (--_keepers == 0 && _requests > 0) _charge = memory.Force(_bytes);
                if (_requests + _keepers > 0) return;
            }
            _charge.Dispose();
            free();
        }
    }
}
