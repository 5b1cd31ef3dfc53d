using System.Buffers;
using System.Buffers.Binary;

namespace Rembg.Inference.Imaging;

/// <summary>A BMP, read where it lies in the file: as RGB, or RGBA where transparency is wanted and the file has it.</summary>
internal sealed class BmpRows(ReadOnlyMemory<byte> file, ImageHeader header, PhotoColours colours)
    : RowSource(header.Width, header.Height, header.HasAlpha && colours == PhotoColours.SrgbWithAlpha ? 4 : 3)
{
    private readonly BmpPixels _pixels = header.Bmp!;
    private readonly byte[] _row = ArrayPool<byte>.Shared.Rent(header.Width * 4);
    private int _next;

    public override ReadOnlySpan<byte> Next()
    {
        var row = _pixels.IsTopDown ? _next : Height - 1 - _next;
        _next++;
        var stored = file.Span.Slice(_pixels.Start + row * _pixels.Stride, _pixels.Stride);
        var rgb = _row.AsSpan(0, Stride);
        switch (_pixels.Bits)
        {
            case 24: FromBgr(stored, rgb); break;
            case 16 or 32: FromFields(stored, rgb); break;
            default: FromPalette(stored, rgb); break;
        }
        return rgb;
    }

    public override void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_row);
        base.Dispose();
    }

    private static void FromBgr(ReadOnlySpan<byte> stored, Span<byte> rgb)
    {
        for (var at = 0; at < rgb.Length; at += 3) (rgb[at], rgb[at + 1], rgb[at + 2]) = (stored[at + 2], stored[at + 1], stored[at]);
    }

    private void FromFields(ReadOnlySpan<byte> stored, Span<byte> pixels)
    {
        for (var x = 0; x < Width; x++)
        {
            var pixel = _pixels.Bits == 16 ? BinaryPrimitives.ReadUInt16LittleEndian(stored[(x * 2)..]) : BinaryPrimitives.ReadUInt32LittleEndian(stored[(x * 4)..]);
            for (var channel = 0; channel < Channels; channel++) pixels[x * Channels + channel] = _pixels.Fields[channel].Of(pixel);
        }
    }

    /// <summary>The leftmost of several pixels in a byte is in its highest bits.</summary>
    private void FromPalette(ReadOnlySpan<byte> stored, Span<byte> rgb)
    {
        var (bits, perByte) = (_pixels.Bits, 8 / _pixels.Bits);
        for (var x = 0; x < Width; x++)
        {
            var index = stored[x / perByte] >> 8 - bits * (x % perByte + 1) & (1 << bits) - 1;
            _pixels.Palette.AsSpan(index * 3, 3).CopyTo(rgb[(x * 3)..]);
        }
    }
}
