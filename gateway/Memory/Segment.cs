using System.Buffers;

namespace Rembg.Gateway.Memory;

/// <summary>One of several pieces of memory that are read as one sequence.</summary>
internal sealed class Segment : ReadOnlySequenceSegment<byte>
{
    public static IEnumerable<ReadOnlyMemory<byte>> Pieces(ReadOnlySequence<byte> bytes)
    {
        foreach (var piece in bytes) yield return piece;
    }

    public static ReadOnlySequence<byte> Chain(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        Segment? first = null, last = null;
        foreach (var piece in pieces)
        {
            var next = new Segment { Memory = piece };
            if (last is not null) (next.RunningIndex, last.Next) = (last.RunningIndex + last.Memory.Length, next);
            (first, last) = (first ?? next, next);
        }
        return first is null ? ReadOnlySequence<byte>.Empty : new(first, 0, last!, last!.Memory.Length);
    }
}
