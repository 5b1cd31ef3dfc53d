using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using Rembg.Hostile;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>Files that no accident makes: small on the wire, large or long for who believes them.</summary>
internal static class CraftedFiles
{
    private static readonly byte[] Zeros = Deflated(64 << 20);
    private static readonly byte[] Pixels = Chunk("IDAT", Deflated(18)); // of 2 x 2, whatever the colour type
    private static readonly byte[] Tiff = [.. "Exif\0\0MM\0*"u8, 0, 0, 0, 8];
    private static readonly byte[] JpegFile = Seed("jpeg"), ProgressiveFile = Seed("jpeg progressive"), RestartFile = Seed("jpeg restarts");

    public static IReadOnlyList<(string What, Func<Random, byte[]> Make)> All { get; } =
    [
        ("nothing", random => new byte[random.Next(4)]),
        ("png of 64 MiB of zeros in one row", _ => Png(Header(16, 16), Chunk("IDAT", Zeros))),
        ("png larger than its data", random => Png(Header(1 + (uint)random.Next(4000), 1 + (uint)random.Next(4000)), Chunk("IDAT", Deflated(random.Next(1000))))),
        ("png interlaced of 16 bits", random => (1 + random.Next(2000), 1 + random.Next(2000)) is var (width, height)
            ? Png(Header((uint)width, (uint)height, depth: 16, interlaced: true), Chunk("IDAT", Deflated((width * height + 2 * (width + height + 8)) * 8 + 16 * (height + 8)))) : []),
        ("png of absurd size", random => Png(Header(Extreme(random), Extreme(random)), Chunk("IDAT", Zeros))),
        ("png text that inflates", random => Png([Header(2, 2), .. Enumerable.Repeat(Chunk("zTXt", [65, 0, 0, .. Zeros]), Few(random, 40)), Pixels])),
        ("png international text that inflates", random => Png([Header(2, 2), .. Enumerable.Repeat(Chunk("iTXt", [65, 0, 1, 0, 0, 0, .. Zeros]), Few(random, 40)), Pixels])),
        ("png texts of 7 MiB", random => ExpensiveFiles.Texts(7, random.Next(2) == 0)),
        ("png texts of 48 MiB", random => ExpensiveFiles.Texts(48, random.Next(2) == 0)),
        ("png of invalid chunks", random => ExpensiveFiles.InvalidChunks(random.Next(100_000))),
        ("png of many frames", random => Png([Header(2, 2), Chunk("acTL", new byte[8]), .. Enumerable.Repeat(Chunk("fcTL", new byte[26]), random.Next(2000)), Pixels])),
        ("png text of megabytes", random => Png(Header(2, 2), Chunk("tEXt", [65, 0, .. new byte[random.Next(3 << 20)]]), Pixels)),
        ("png profile that inflates", _ => Png(Header(2, 2), Chunk("iCCP", [65, 0, 0, .. Zeros]), Pixels)),
        ("png of many chunks", random => Png([Header(2, 2), .. Enumerable.Repeat(Chunk(random.Next(2) == 0 ? "tEXt" : "prVt", 65, 0, 66), 20_000), Pixels])),
        ("png of empty data chunks", _ => Png([Header(2, 2), .. Enumerable.Repeat(Chunk("IDAT"), 20_000), Pixels])),
        ("png of many palettes", _ => Png([Header(2, 2, colour: 3), .. Enumerable.Repeat(Chunk("sPLT", [65, 0, 8, 1, 2, 3, 4, 0, 1]), 2_000), Chunk("PLTE", 1, 2, 3), Pixels])),
        ("png with frames", random => Png([Header(2, 2), Chunk("acTL", new byte[8]), .. Enumerable.Repeat(Chunk("fdAT", new byte[20]), random.Next(10_000)), Pixels])),
        ("png with exif", random => Png(Header(2, 2), Chunk("eXIf", Exif(random)[6..]), Pixels)),
        ("jpeg of absurd size", random => Sized(JpegFile, (ushort)Extreme(random), (ushort)Extreme(random))),
        ("jpeg larger than its data", random => Sized(JpegFile, (ushort)random.Next(4000), (ushort)random.Next(4000))),
        ("progressive jpeg larger than its data", random => Sized(ProgressiveFile, (ushort)random.Next(2000), (ushort)random.Next(2000))),
        ("jpeg without data", random => ExpensiveFiles.LargerThanItsData((ushort)random.Next(1, 7072))),
        ("jpeg without its end", random => RestartFile[..^random.Next(1, 60)]),
        ("progressive jpeg without its end", random => ProgressiveFile[..^random.Next(1, 60)]),
        ("jpeg of scans that change nothing", random => ExpensiveFiles.ManyScans(1 + random.Next(1000), 1 + random.Next(40))),
        ("jpeg of many scans", random => Before(ProgressiveFile, 0xD9, Enumerable.Repeat(FileParts.Split(ProgressiveFile)[^2], random.Next(2) == 0 ? 20 : 5_000))),
        ("jpeg of many scans of large size", random => Sized(Before(ProgressiveFile, 0xD9, Enumerable.Repeat(FileParts.Split(ProgressiveFile)[^2], 20)), 1000, (ushort)random.Next(2000))),
        ("jpeg of restart markers", _ => [.. RestartFile[..^2], .. Enumerable.Range(0, 40_000).SelectMany(i => (byte[])[0xFF, (byte)(0xD0 + i % 8)]), 0xFF, 0xD9]),
        ("jpeg of many tables", random => Before(JpegFile, 0xDA, Enumerable.Repeat(FileParts.Split(JpegFile).First(part => part[1] == 0xC4), random.Next(5_000)))),
        ("jpeg of many comments", random => Before(JpegFile, 0xDA, Enumerable.Repeat<byte[]>([0xFF, 0xFE, 0xFF, 0xFF, .. new byte[0xFFFD]], random.Next(40)))),
        ("jpeg profile in pieces", random => Before(JpegFile, 0xDB, Enumerable.Range(0, 255).Select(i => Segment(0xE2, [.. "ICC_PROFILE\0"u8, (byte)random.Next(256), (byte)random.Next(256), .. new byte[random.Next(8000)]])))),
        ("jpeg of fill bytes", _ => [.. JpegFile[..2], .. Enumerable.Repeat((byte)0xFF, 200_000), .. JpegFile[2..]]),
        ("jpeg with exif", random => Before(JpegFile, 0xDB, [Segment(0xE1, Exif(random))])),
        ("jpeg with many exifs", random => Before(JpegFile, 0xDB, Enumerable.Range(0, 500).Select(_ => Segment(0xE1, Exif(random))))),
        ("webp of absurd size", random => Webp(("VP8L", Lossless(Extreme(random), Extreme(random))))),
        ("webp larger than its data", random => Webp(("VP8L", Lossless(1 + (uint)random.Next(4000), 1 + (uint)random.Next(4000))))),
        ("webp canvas of absurd size", random => Webp(("VP8X", [0x10, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), ("VP8L", Lossless(Extreme(random), 1)))),
        ("webp of many chunks", random => Webp([.. Enumerable.Repeat(("ABCD", new byte[random.Next(9)]), 20_000), ("VP8L", Lossless(2, 2))])),
        ("webp of many frames", random => Webp([("VP8X", [2, 0, 0, 0, 9, 0, 0, 9, 0, 0]), ("ANIM", new byte[6]), .. Enumerable.Repeat(("ANMF", Frame(random)), random.Next(1, 2000))])),
        ("webp with exif", random => Webp(("VP8X", [8, 0, 0, 0, 1, 0, 0, 1, 0, 0]), ("VP8L", Lossless(2, 2)), ("EXIF", Exif(random)))),
    ];

    private static byte[] Seed(string kind) => SeedFiles.All.Single(seed => seed.Kind == kind).Bytes;

    private static uint Extreme(Random random) => random.Next(4) switch { 0 => 0, 1 => 65_535, 2 => uint.MaxValue, _ => 16_384 + (uint)random.Next(40_000) };

    private static int Few(Random random, int atMost) => random.Next(1, random.Next(2, atMost));

    private static byte[] Png(params byte[][] chunks) => [.. FileParts.PngSignature, .. FileParts.Join(chunks), .. Chunk("IEND")];

    private static byte[] Header(uint width, uint height, byte colour = 6, byte depth = 8, bool interlaced = false) =>
        Chunk("IHDR", [.. BigEndian(width), .. BigEndian(height), depth, colour, 0, 0, interlaced ? (byte)1 : (byte)0]);

    private static byte[] Chunk(string type, params byte[] data)
    {
        byte[] typed = [.. Encoding.ASCII.GetBytes(type), .. data];
        return [.. BigEndian((uint)data.Length), .. typed, .. BigEndian(Crc32.HashToUInt32(typed))];
    }

    private static byte[] Sized(byte[] jpeg, ushort width, ushort height)
    {
        var parts = FileParts.Split(jpeg);
        var frame = parts.First(part => part[1] is 0xC0 or 0xC2).AsSpan();
        BinaryPrimitives.WriteUInt16BigEndian(frame[5..], height);
        BinaryPrimitives.WriteUInt16BigEndian(frame[7..], width);
        return FileParts.Join(parts);
    }

    private static byte[] Before(byte[] jpeg, byte marker, IEnumerable<byte[]> segments)
    {
        var parts = FileParts.Split(jpeg);
        parts.InsertRange(parts.FindIndex(1, part => part[1] == marker), segments);
        return FileParts.Join(parts);
    }

    private static byte[] Segment(byte marker, byte[] data) => [0xFF, marker, .. BigEndian((uint)data.Length + 2)[2..], .. data];

    /// <summary>Directories that point in circles or outside, with counts that nothing can hold.</summary>
    private static byte[] Exif(Random random)
    {
        byte[] entries = [.. Enumerable.Range(0, random.Next(40)).SelectMany(_ => (byte[])
            [0x01, random.Next(2) == 0 ? (byte)0x12 : (byte)random.Next(256), 0, (byte)random.Next(14), .. BigEndian((uint)random.NextInt64(uint.MaxValue) >> random.Next(32)), .. BigEndian((uint)random.NextInt64(uint.MaxValue) >> random.Next(32))])];
        var count = random.Next(2) == 0 ? entries.Length / 12 : random.Next(65_536);
        return [.. Tiff, (byte)(count >> 8), (byte)count, .. entries, .. BigEndian(random.Next(2) == 0 ? 8 : (uint)random.NextInt64(uint.MaxValue))];
    }

    private static byte[] Webp(params (string Type, byte[] Data)[] chunks)
    {
        byte[] body = [.. chunks.SelectMany(chunk => (byte[])[.. Encoding.ASCII.GetBytes(chunk.Type), .. LittleEndian((uint)chunk.Data.Length), .. chunk.Data, .. new byte[chunk.Data.Length & 1]])];
        return [.. "RIFF"u8, .. LittleEndian((uint)body.Length + 4), .. "WEBP"u8, .. body];
    }

    /// <summary>A lossless picture of one colour: no transforms, no cache, five codes of one symbol; the data ends there.</summary>
    private static byte[] Lossless(uint width, uint height) =>
        [0x2F, .. LittleEndian((width - 1 & 0x3FFF) | (height - 1 & 0x3FFF) << 14), 0b1000_1000, 0b1000_1000, 0b1000_1000, 0b1000_1000, 0, 0, 0, 0];

    /// <summary>Of 2 x 2 pixels, somewhere on or off a canvas of 10 x 10.</summary>
    private static byte[] Frame(Random random)
    {
        byte[] picture = Lossless(2, 2);
        return [(byte)random.Next(6), 0, 0, (byte)random.Next(6), 0, 0, 1, 0, 0, 1, 0, 0, 10, 0, 0, 0, .. "VP8L"u8, .. LittleEndian((uint)picture.Length), .. picture, .. new byte[picture.Length & 1]];
    }

    private static byte[] Deflated(int zeros)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) zlib.Write(new byte[zeros]);
        return packed.ToArray();
    }

    private static byte[] BigEndian(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    private static byte[] LittleEndian(uint value) => [(byte)value, (byte)(value >> 8), (byte)(value >> 16), (byte)(value >> 24)];
}
