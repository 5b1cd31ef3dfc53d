using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>PNG files put together chunk by chunk, right or wrong, and a small decoder of our own (8 bits, no interlace).</summary>
internal static class PngFile
{
    public static byte[] Signature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    public static byte[] Of(params byte[][] chunks) => [.. Signature, .. chunks.SelectMany(chunk => chunk)];

    public static byte[] Chunk(string type, params byte[] data)
    {
        byte[] typed = [.. Encoding.ASCII.GetBytes(type), .. data];
        return [.. BigEndian((uint)data.Length), .. typed, .. BigEndian(Crc32.HashToUInt32(typed))];
    }

    public static byte[] Header(uint width, uint height, byte depth = 8, byte colour = 6, byte interlace = 0) =>
        Chunk("IHDR", [.. BigEndian(width), .. BigEndian(height), depth, colour, 0, 0, interlace]);

    public static byte[] Data(byte[] rows) => Chunk("IDAT", Deflated(rows));

    public static byte[] Deflated(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) zlib.Write(bytes);
        return packed.ToArray();
    }

    public static byte[] End => Chunk("IEND");

    /// <summary>A whole, small, valid picture, with <paramref name="extra"/> chunks before its data.</summary>
    public static byte[] Small(params byte[][] extra) => Of([Header(2, 2), .. extra, Data(new byte[2 * 9]), End]);

    /// <summary>2 x 2 pixels: the first frame black, the others white.</summary>
    public static byte[] Animated(int frames)
    {
        byte[] control = [.. BigEndian(0), .. BigEndian(2), .. BigEndian(2), .. new byte[14]];
        byte[] white = [.. BigEndian(2), .. Deflated([.. Enumerable.Repeat((byte)255, 18)])];
        return Of([Header(2, 2), Chunk("acTL", [.. BigEndian((uint)frames), .. BigEndian(0)]), Chunk("fcTL", control), Data(new byte[18]),
            .. Enumerable.Range(1, frames - 1).SelectMany(_ => (byte[][])[Chunk("fcTL", control), Chunk("fdAT", white)]), End]);
    }

    public static Decoded Decode(byte[] png)
    {
        int width = 0, height = 0, channels = 0;
        using var packed = new MemoryStream();
        for (var at = 8; at < png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            var typed = png.AsSpan(at + 4, 4 + length);
            BinaryPrimitives.ReadUInt32BigEndian(png.AsSpan(at + 8 + length)).ShouldBe(Crc32.HashToUInt32(typed));
            if (typed.StartsWith("IHDR"u8))
            {
                width = BinaryPrimitives.ReadInt32BigEndian(typed[4..]);
                height = BinaryPrimitives.ReadInt32BigEndian(typed[8..]);
                channels = typed[13] switch { 0 => 1, 2 => 3, _ => 4 };
            }
            if (typed.StartsWith("IDAT"u8)) packed.Write(typed[4..]);
            at += 12 + length;
        }
        packed.Position = 0;
        using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        var pixels = new byte[width * height * channels];
        Span<byte> above = new byte[width * channels];
        for (var y = 0; y < height; y++)
        {
            zlib.ReadByte().ShouldBe(4);
            var row = pixels.AsSpan(y * width * channels, width * channels);
            zlib.ReadExactly(row);
            for (var i = 0; i < row.Length; i++) row[i] += i < channels ? above[i] : Paeth(row[i - channels], above[i], above[i - channels]);
            above = row;
        }
        zlib.ReadByte().ShouldBe(-1);
        return new(width, height, channels, pixels);
    }

    /// <summary>As the standard has it, in whole numbers (W3C PNG, third edition, 9.4).</summary>
    private static byte Paeth(int a, int b, int c)
    {
        var p = a + b - c;
        var (pa, pb, pc) = (Math.Abs(p - a), Math.Abs(p - b), Math.Abs(p - c));
        return (byte)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
    }

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
