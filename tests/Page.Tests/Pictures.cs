using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Rembg.Page.Tests;

/// <summary>Small PNGs that no cache has seen.</summary>
internal static class Pictures
{
    private const int Side = 96;
    private static int _made;

    /// <summary>96 x 96, RGB, a gradient that differs from every one before, in this run and in others.</summary>
    public static byte[] Unique()
    {
        var seed = HashCode.Combine(Environment.ProcessId, Environment.TickCount64, Interlocked.Increment(ref _made));
        var rows = new byte[Side * (1 + Side * 3)];
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
                for (var channel = 0; channel < 3; channel++)
                    rows[y * (1 + Side * 3) + 1 + x * 3 + channel] = (byte)(x * (seed & 3) + y + (seed >> (channel * 8)));
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.Fastest)) zlib.Write(rows);

        using var png = new MemoryStream();
        png.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        Write(png, "IHDR"u8, [0, 0, 0, Side, 0, 0, 0, Side, 8, 2, 0, 0, 0]);
        Write(png, "tEXt"u8, [.. "Comment\0"u8, .. BitConverter.GetBytes(seed)]);
        Write(png, "IDAT"u8, data.ToArray());
        Write(png, "IEND"u8, []);
        return png.ToArray();
    }

    private static void Write(MemoryStream png, ReadOnlySpan<byte> type, byte[] content)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        png.Write(number);
        byte[] checkedBytes = [.. type, .. content];
        png.Write(checkedBytes);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(checkedBytes));
        png.Write(number);
    }
}
