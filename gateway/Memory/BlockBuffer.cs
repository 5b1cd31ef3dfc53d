using System.Buffers;

namespace Rembg.Gateway.Memory;

/// <summary>Bytes on their way in, in blocks that are charged to the budget one by one.</summary>
/// <param name="memory">The budget, and where the blocks come from.</param>
/// <param name="client">Whose share they count against.</param>
internal sealed class BlockBuffer(MemoryBudget memory, string client) : IDisposable
{
    private const int BlockBytes = BlockPool.BlockBytes;
    private readonly List<byte[]> _blocks = [];
    private readonly MemoryBudget.Charge _charge = memory.ChargeFor(client);
    private bool _completed;

    public long Length { get; private set; }

    private int Filled => (int)(Length % BlockBytes);

    /// <summary>Where the next bytes of an upload go; never empty. Waits while the client holds its share.</summary>
    /// <exception cref="Rembg.Contract.Problems.ProblemException">429 or 503: there is no room for another block.</exception>
    public async ValueTask<Memory<byte>> NextOfUploadAsync(CancellationToken cancellationToken)
    {
        if (!HasRoom)
        {
            await _charge.TakeUploadAsync(BlockBytes, cancellationToken);
            _blocks.Add(memory.Blocks.Rent());
        }
        return _blocks[^1].AsMemory(Filled);
    }

    /// <summary>Where the next bytes of an answer go; never empty. Waits while the budget or the client's share is full.</summary>
    public async ValueTask<Memory<byte>> NextAsync(CancellationToken cancellationToken)
    {
        if (!HasRoom)
        {
            await _charge.TakeAsync(BlockBytes, cancellationToken);
            _blocks.Add(memory.Blocks.Rent());
        }
        return _blocks[^1].AsMemory(Filled);
    }

    /// <summary>So many bytes of the last <see cref="NextAsync"/> have been written.</summary>
    public void Advance(int bytes) => Length += bytes;

    public ReadOnlySequence<byte> ToSequence() => Segment.Chain(
        _blocks.TakeWhile((_, index) => index * (long)BlockBytes < Length) // the last may be for bytes that did not come
            .Select((block, index) => (ReadOnlyMemory<byte>)block.AsMemory(0, (int)Math.Min(Length - index * (long)BlockBytes, block.Length))));

    /// <summary>Takes the last bytes off.</summary>
    /// <param name="bytes">At most <see cref="Length"/>.</param>
    public byte[] TakeTail(int bytes)
    {
        var tail = ToSequence().Slice(Length - bytes).ToArray();
        Length -= bytes;
        while (_blocks.Count > 0 && (_blocks.Count - 1) * (long)BlockBytes >= Length)
        {
            memory.Blocks.Return(_blocks[^1]);
            _blocks.RemoveAt(_blocks.Count - 1);
            _charge.GiveBack(BlockBytes);
        }
        return tail;
    }

    /// <summary>The bytes, for whoever shares them. A last block that is not half full is replaced by an array of the right size.</summary>
    public SharedBytes Complete()
    {
        _completed = true;
        Shrink();
        var blocks = _blocks.FindAll(block => block.Length == BlockBytes);
        return SharedBytes.Of(ToSequence(), memory, client, _charge, () => blocks.ForEach(memory.Blocks.Return));
    }

    /// <summary>Lets go of the bytes, unless they have been completed.</summary>
    public void Dispose()
    {
        if (_completed) return;
        _completed = true;
        _blocks.ForEach(memory.Blocks.Return);
        _blocks.Clear();
        _charge.Dispose();
    }

    private bool HasRoom => _blocks.Count * (long)BlockBytes > Length;

    private void Shrink()
    {
        if (!HasRoom || Filled > BlockBytes / 2) return;
        var last = _blocks[^1];
        _blocks.RemoveAt(_blocks.Count - 1);
        if (Filled > 0) _blocks.Add(last.AsSpan(0, Filled).ToArray());
        memory.Blocks.Return(last);
        _charge.GiveBack(BlockBytes - Filled);
    }
}
