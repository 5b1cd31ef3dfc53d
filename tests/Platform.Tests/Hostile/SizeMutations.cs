using System.Buffers.Binary;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>Widths and heights that a header may claim, whatever the data holds; and the fields beside them.</summary>
internal static class SizeMutations
{
    private static readonly uint[] Sides = [0, 1, 2, 3, 7, 8, 9, 15, 17, 23, 25, 64, 255, 256, 257, 1000, 16_382, 16_383, 16_384, 32_767, 32_768, 65_535, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF];

    public static IReadOnlyList<Mutation> All { get; } = [new("size claimed", Claim), new("header field", Field)];

    private static byte[] Claim(byte[] file, Random random)
    {
        var changed = file.ToArray();
        // One side at a time most of the time: two extremes together are refused on the header.
        var both = random.Next(4) == 0;
        var (width, height) = (Sides[random.Next(Sides.Length)], Sides[random.Next(Sides.Length)]);
        if (Frame(file) is not (var at and >= 0)) return changed;
        var target = changed.AsSpan(at);
        var isWide = random.Next(2) == 0;
        if (both || isWide) Write(FileParts.ContainerOf(file), target, width, isHeight: false);
        if (both || !isWide) Write(FileParts.ContainerOf(file), target, height, isHeight: true);
        return FileParts.Mend(changed);
    }

    /// <summary>Depth, colour type, interlacing, components, sampling factors, tables: one byte of them becomes another.</summary>
    private static byte[] Field(byte[] file, Random random)
    {
        var changed = file.ToArray();
        if (Frame(file) is not (var at and >= 0)) return changed;
        changed[Math.Min(changed.Length - 1, at + random.Next(20))] = (byte)(random.Next(2) == 0 ? random.Next(20) : random.Next(256));
        return FileParts.Mend(changed);
    }

    /// <summary>Where the size stands; -1 if nowhere.</summary>
    private static int Frame(byte[] file)
    {
        switch (FileParts.ContainerOf(file))
        {
            case Container.Png: return file.Length >= 33 ? 16 : -1;
            case Container.Webp: return file.Length >= 34 ? 12 : -1;
            case Container.Jpeg:
                for (var i = 2; i + 24 < file.Length; i++)
                    if (file[i] == 0xFF && file[i + 1] is 0xC0 or 0xC1 or 0xC2) return i + 5;
                return -1;
            case Container.Avif: return file.AsSpan().IndexOf("ispe"u8) is var size and >= 0 && size + 16 <= file.Length ? size + 8 : -1;
            case Container.Gif: return file.Length >= 10 ? 6 : -1;
            case Container.Bmp: return file.Length >= 26 ? 18 : -1;
            default: return -1;
        }
    }

    private static void Write(Container container, Span<byte> at, uint side, bool isHeight)
    {
        switch (container)
        {
            case Container.Png: BinaryPrimitives.WriteUInt32BigEndian(at[(isHeight ? 4 : 0)..], side); break;
            case Container.Avif: BinaryPrimitives.WriteUInt32BigEndian(at[(isHeight ? 4 : 0)..], side); break;
            case Container.Gif: BinaryPrimitives.WriteUInt16LittleEndian(at[(isHeight ? 2 : 0)..], (ushort)Math.Min(side, ushort.MaxValue)); break;
            case Container.Bmp: BinaryPrimitives.WriteUInt32LittleEndian(at[(isHeight ? 4 : 0)..], side); break;
            case Container.Jpeg: BinaryPrimitives.WriteUInt16BigEndian(at[(isHeight ? 0 : 2)..], (ushort)Math.Min(side, ushort.MaxValue)); break;
            case Container.Webp when at.StartsWith("VP8X"u8): UInt24(at[(isHeight ? 15 : 12)..], side - 1); break;
            case Container.Webp when at.StartsWith("VP8 "u8): BinaryPrimitives.WriteUInt16LittleEndian(at[(isHeight ? 16 : 14)..], (ushort)Math.Min(side, ushort.MaxValue)); break;
            case Container.Webp when at.StartsWith("VP8L"u8):
                var bits = BinaryPrimitives.ReadUInt32LittleEndian(at[9..]);
                var (mask, shift) = isHeight ? (0x3FFFu << 14, 14) : (0x3FFFu, 0);
                BinaryPrimitives.WriteUInt32LittleEndian(at[9..], (bits & ~mask) | ((side - 1 & 0x3FFF) << shift));
                break;
        }
    }

    private static void UInt24(Span<byte> at, uint value) => (at[0], at[1], at[2]) = ((byte)value, (byte)(value >> 8), (byte)(value >> 16));
}
