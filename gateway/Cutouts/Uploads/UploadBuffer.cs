using System.Buffers;
using System.Security.Cryptography;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Where an image is read to, in pooled blocks. Shared by the handles that <see cref="Upload"/> gives out.</summary>
/// <param name="memory">Where the blocks come from.</param>
/// <param name="room">The share of the budget; given back when the last request that holds the image is over.</param>
/// <param name="hashing">Whether the image is hashed on the way, while the next bytes are still on theirs.</param>
internal sealed class UploadBuffer(MemoryBudget memory, MemoryBudget.Reservation room, bool hashing)
{
    private readonly List<byte[]> _blocks = [];
    private int _holders = 1, _requests = 1;

    /// <summary>Whether an image, perhaps an empty one, has been read.</summary>
    public bool IsRead { get; private set; }

    public long Length { get; private set; }

    /// <summary>32 bytes; null if it was not asked for.</summary>
    public byte[]? Sha256 { get; private set; }

    /// <summary>Reads <paramref name="source"/> to its end; more than <paramref name="maxBytes"/>, or a second image, is a problem.</summary>
    public async Task ReadAsync(Stream source, long maxBytes, CancellationToken cancellationToken)
    {
        if (IsRead) throw Problem.MultipleImages().AsException();
        IsRead = true;
        using var hash = hashing ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        while (await source.ReadAsync(Free(), cancellationToken) is > 0 and var read)
        {
            hash?.AppendData(_blocks[^1], (int)(Length % MemoryBudget.BlockBytes), read);
            Length += read;
            if (Length > maxBytes) throw Problem.ImageTooLarge(maxBytes).AsException();
        }
        Sha256 = hash?.GetHashAndReset();
    }

    public ReadOnlySequence<byte> ToSequence() => Segment.Chain(_blocks, Length);

    /// <param name="request">Whether the holder is a request in flight, which counts against the budget.</param>
    public void Hold(bool request)
    {
        Interlocked.Increment(ref _holders);
        if (request) Interlocked.Increment(ref _requests);
    }

    public void Release(bool request)
    {
        if (request && Interlocked.Decrement(ref _requests) == 0) room.Dispose();
        if (Interlocked.Decrement(ref _holders) == 0) memory.Return(_blocks);
    }

    private Memory<byte> Free()
    {
        var filled = (int)(Length % MemoryBudget.BlockBytes);
        if (filled == 0)
        {
            room.Grow(Length + 1);
            _blocks.Add(memory.Rent());
        }
        return _blocks[^1].AsMemory(filled);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public static ReadOnlySequence<byte> Chain(List<byte[]> blocks, long length)
        {
            if (length == 0) return ReadOnlySequence<byte>.Empty;
            Segment? first = null, last = null;
            foreach (var block in blocks)
            {
                var rest = length - (last is null ? 0 : last.RunningIndex + last.Memory.Length);
                var next = new Segment { Memory = block.AsMemory(0, (int)Math.Min(rest, block.Length)) };
                if (last is not null) (next.RunningIndex, last.Next) = (last.RunningIndex + last.Memory.Length, next);
                (first, last) = (first ?? next, next);
            }
            return new(first!, 0, last!, last!.Memory.Length);
        }
    }
}
