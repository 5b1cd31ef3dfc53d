using System.Buffers.Binary;
using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>
/// BMP (Windows 3 and later) of 1 to 32 bits, with a palette or bit fields, without compression. Its profile, which hardly any has, is not applied.
/// </summary>
internal static class BmpHeader
{
    private const int FileHeader = 14, Plain = 40;
    private const uint Rgb = 0, BitFields = 3, AlphaBitFields = 6;

    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        var cursor = new ByteCursor(file, position: 10);
        var start = cursor.UInt32LittleEndian();
        var headerBytes = cursor.UInt32LittleEndian();
        // In two's complement; rows from the top when the height is negative.
        var (width, height) = ((int)cursor.UInt32LittleEndian(), (int)cursor.UInt32LittleEndian());
        ImageHeader.CheckSize(width, Math.Abs((long)height), limits);
        cursor.Skip(2);
        var bits = cursor.UInt16LittleEndian();
        var compression = cursor.UInt32LittleEndian();
        cursor.Skip(12);
        var colours = cursor.UInt32LittleEndian();
        cursor.Skip(4);

        var known = (compression, bits) switch
        {
            (Rgb, 1 or 4 or 8 or 16 or 24 or 32) => true,
            (BitFields or AlphaBitFields, 16 or 32) => true,
            _ => false,
        };
        if (!known) throw ImageHeader.Corrupt("This kind of BMP (compressed, or of odd depth) is not supported; save it without compression.");
        var fields = Fields(ref cursor, headerBytes, compression, bits);
        cursor = new(file, position: cursor.Position);
        cursor.Skip(Math.Max(0, FileHeader + headerBytes - cursor.Position));
        var palette = bits > 8 ? [] : Palette(cursor, colours == 0 ? 1 << bits : (int)Math.Min(colours, 1 << bits));

        var pixels = new BmpPixels((int)Math.Min(start, int.MaxValue), bits, ((width * bits + 31) / 32) * 4, IsTopDown: height < 0, palette, fields);
        var end = start + (long)pixels.Stride * Math.Abs(height);
        if (start < cursor.Position || end > file.Length) throw ImageHeader.Truncated();
        var whole = new StrippedFile();
        whole.Keep(0, (int)end);
        return new(ImageFormat.Bmp, width, Math.Abs(height)) { HasAlpha = fields is [_, _, _, { Mask: > 0 }], Bmp = pixels, Length = (int)end, Stripped = whole };
    }

    /// <summary>Red, green, blue, alpha. They follow the plain header, and are part of longer ones.</summary>
    private static BitField[] Fields(ref ByteCursor cursor, uint headerBytes, uint compression, int bits)
    {
        if (compression == Rgb) return bits == 16 ? [new(0x7C00), new(0x03E0), new(0x001F), default] : [new(0xFF0000), new(0x00FF00), new(0x0000FF), default];
        var hasAlpha = compression == AlphaBitFields || headerBytes > Plain + 12;
        return [new(cursor.UInt32LittleEndian()), new(cursor.UInt32LittleEndian()), new(cursor.UInt32LittleEndian()), hasAlpha ? new(cursor.UInt32LittleEndian()) : default];
    }

    /// <summary>Red, green and blue of 256 colours; those that the file does not have are black.</summary>
    private static byte[] Palette(ByteCursor cursor, int colours)
    {
        var palette = new byte[256 * 3];
        for (var i = 0; i < colours; i++)
        {
            var bgr = cursor.Take(4);
            (palette[i * 3], palette[i * 3 + 1], palette[i * 3 + 2]) = (bgr[2], bgr[1], bgr[0]);
        }
        return palette;
    }
}

/// <summary>How the pixels of a BMP are stored.</summary>
/// <param name="Start">Where the first row is.</param>
/// <param name="Bits">Of a pixel.</param>
/// <param name="Stride">Bytes of a row, with its padding.</param>
/// <param name="Palette">Red, green and blue of 256 colours; empty for more than 8 bits.</param>
/// <param name="Fields">Red, green, blue and alpha in a pixel of 16 or 32 bits.</param>
internal sealed record BmpPixels(int Start, int Bits, int Stride, bool IsTopDown, byte[] Palette, BitField[] Fields);

/// <summary>The bits of a pixel that are one channel; none for a channel that there is not.</summary>
internal readonly record struct BitField(uint Mask)
{
    private readonly int _shift = System.Numerics.BitOperations.TrailingZeroCount(Mask);

    /// <returns>0 to 255.</returns>
    public byte Of(uint pixel)
    {
        if (Mask == 0) return 0;
        ulong most = Mask >> _shift;
        return (byte)(((pixel & Mask) >> _shift) * 255 / most);
    }
}
