using System.Buffers;
using System.Security.Cryptography;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Where an image is read to, in pooled blocks, hashed on the way. Shared by the handles that <see cref="Upload"/> gives out.</summary>
internal sealed class UploadBuffer(UploadMemory memory, UploadMemory.Room room)
{
    private readonly List<byte[]> _blocks = [];
    private int _holders = 1;

    public long Length { get; private set; }

    /// <summary>Reads <paramref name="source"/> to its end and returns the SHA-256; more than <paramref name="maxBytes"/> is a problem.</summary>
    public async Task<byte[]> ReadAsync(Stream source, long maxBytes, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            var free = await source.ReadAsync(Free(), cancellationToken);
            if (free == 0) return hash.GetHashAndReset();
            hash.AppendData(_blocks[^1], (int)(Length % UploadMemory.BlockBytes), free);
            Length += free;
            if (Length > maxBytes) throw Problem.ImageTooLarge(maxBytes).AsException();
        }
    }

    public ReadOnlySequence<byte> ToSequence() => Segment.Chain(_blocks, Length);

    public void Hold() => Interlocked.Increment(ref _holders);

    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) > 0) return;
        memory.Return(_blocks);
        room.Dispose();
    }

    private Memory<byte> Free()
    {
        var filled = (int)(Length % UploadMemory.BlockBytes);
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
