using System.Buffers.Binary;

namespace Rembg.Inference.Imaging;

/// <summary>Reads forward through a file; reading past the end is the problem "truncated", never an index error.</summary>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes, int position = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; } = position;
    public readonly int Left => _bytes.Length - Position;
    public readonly ReadOnlySpan<byte> Rest => _bytes[Position..];

    public byte Byte() => Take(1)[0];
    public ushort UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));
    public ushort UInt16LittleEndian() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
    public uint UInt24() => (uint)Byte() << 16 | UInt16();
    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));
    public ulong UInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(8));
    public uint UInt32LittleEndian() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public void Skip(long count) => Take(count);

    public ReadOnlySpan<byte> Take(long count)
    {
        if (count > Left) throw ImageHeader.Truncated();
        var taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }
}
