using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using NetVips;
using Rembg.Testing;
using static NetVips.Enums;

namespace Rembg.Hostile;

/// <summary>Of each kind of file the one that costs its decoder most, of as many pixels as are wanted. All of them are sound.</summary>
internal static class ExpensiveFiles
{
    private static readonly byte[] Signature = [0x89, .. "PNG\r\n\x1A\n"u8];

    /// <param name="megapixels">Pixels of each, as a square.</param>
    public static IEnumerable<(string What, Func<byte[]> Make)> All(double megapixels)
    {
        var side = (int)Math.Sqrt(megapixels * 1e6);
        return
        [
            ("JPEG baseline, flat", () => Flat(side).JpegsaveBuffer(q: 1, optimizeCoding: true, subsampleMode: ForeignSubsample.Off, keep: ForeignKeep.None)),
            ("JPEG baseline, CMYK", () => Flat(side).IccTransform("cmyk", inputProfile: "srgb").JpegsaveBuffer(q: 50, keep: ForeignKeep.Icc)),
            ("JPEG baseline, Display P3, on its side", () => Turned(Photo(side).IccTransform("p3", inputProfile: "srgb")).JpegsaveBuffer(q: 75)),
            ("JPEG of 10 scans, photograph", () => Photo(side).JpegsaveBuffer(q: 90, interlace: true, keep: ForeignKeep.None)),
            ("JPEG of 16 scans, each of all coefficients", () => ManyScans(side, 16)),
            ("JPEG of 32 scans, each of all coefficients", () => ManyScans(side, 32)),
            ("PNG 8 bits, photograph", () => Photo(side).PngsaveBuffer(compression: 1, keep: ForeignKeep.None)),
            ("PNG 8 bits, RGBA", () => Png(side, 8, 6)),
            ("PNG 16 bits, RGBA", () => Png(side, 16, 6)),
            ("PNG 16 bits, RGB", () => Png(side, 16, 2)),
            ("PNG 1 bit, palette", () => Png(side, 1, 3)),
            ("PNG 8 bits, RGB, interlaced", () => Png(side, 8, 2, interlaced: true)),
            ("PNG 16 bits, RGBA, interlaced", () => Png(side, 16, 6, interlaced: true)),
            ("PNG 1 bit, palette, interlaced", () => Png(side, 1, 3, interlaced: true)),
            ("WebP lossless, flat", () => Flat(side).WebpsaveBuffer(lossless: true, effort: 0)),
            ("WebP lossless, photograph", () => Photo(side).WebpsaveBuffer(lossless: true, effort: 0)),
            ("WebP lossy, photograph", () => Photo(side).WebpsaveBuffer(q: 90, effort: 0)),
            ("WebP lossy with alpha", () => Photo(side).Bandjoin(200).WebpsaveBuffer(q: 90, effort: 0)),
        ];
    }

    /// <summary>64 x 64 pixels with 32 texts that unpack to so many MiB each.</summary>
    public static byte[] Texts(int mebibytes, bool international = false)
    {
        byte[] head = international ? [65, 0, 1, 0, 0, 0] : [65, 0, 0];
        var text = Chunk(international ? "iTXt" : "zTXt", [.. head, .. Deflated(new byte[mebibytes << 20])]);
        return Png(64, 8, 6, more: [.. Enumerable.Repeat(text, 32).SelectMany(bytes => bytes)]);
    }

    /// <summary>64 x 64 pixels and so many chunks with a wrong checksum and a length that their kind does not have.</summary>
    public static byte[] InvalidChunks(int count) =>
        Png(64, 8, 6, more: [.. Enumerable.Repeat<byte[]>([0, 0, 0, 1, .. "gAMA"u8, 1, 2, 3, 4, 5], count).SelectMany(bytes => bytes)]);

    /// <summary>A JPEG of 380 bytes or so that claims so many pixels each way.</summary>
    public static byte[] LargerThanItsData(ushort side)
    {
        var file = Flat(16).JpegsaveBuffer(q: 1, optimizeCoding: true, keep: ForeignKeep.None);
        var frame = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        (file[frame + 5], file[frame + 6], file[frame + 7], file[frame + 8]) = ((byte)(side >> 8), (byte)side, (byte)(side >> 8), (byte)side);
        return file;
    }

    /// <summary>A few bytes for any size, and sound.</summary>
    public static byte[] FlatWebp(int side) => Flat(side).WebpsaveBuffer(lossless: true, effort: 0, keep: ForeignKeep.None);

    private static Image Flat(int side) => Image.Black(side, side, bands: 3).Copy(interpretation: Interpretation.Srgb);

    private static Image Photo(int side)
    {
        using var photo = Image.NewFromBuffer(Photos.Astronaut);
        return photo.Resize((double)side / photo.Width, Kernel.Cubic, vscale: (double)side / photo.Height).Cast(BandFormat.Uchar);
    }

    private static Image Turned(Image image) => image.Mutate(copy => copy.Set(GValue.GIntType, "orientation", 6));

    /// <summary>A grey picture in three components: a scan of first values, then refinements of all other ones that change nothing.</summary>
    public static byte[] ManyScans(int side, int scans)
    {
        var blocks = ((side + 7) / 8) * ((side + 7) / 8);
        byte[] size = [(byte)(side >> 8), (byte)side];
        List<byte> file = [0xFF, 0xD8];
        file.AddRange(Segment(0xDB, [0, .. Enumerable.Repeat((byte)1, 64)]));
        file.AddRange(Segment(0xC2, [8, .. size, .. size, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]));
        file.AddRange(Segment(0xC4, [0, 1, .. new byte[15], 0]));
        file.AddRange(Segment(0xC4, [0x10, 0, 0, 0, 15, .. new byte[12], .. Enumerable.Range(0, 15).Select(n => (byte)(n << 4))])); // "no more in 2^n blocks", 4 bits each
        file.AddRange(Segment(0xDA, [3, 1, 0, 2, 0, 3, 0, 0, 0, 0]));
        file.AddRange(new byte[(3 * blocks + 7) / 8]);
        var nothing = Nothing(blocks);
        for (var scan = 1; scan < scans; scan++)
        {
            // Each component's bits come from the 13th down, one a scan.
            var bit = 13 - (scan - 1) / 3 % 14;
            file.AddRange(Segment(0xDA, [1, (byte)(1 + (scan - 1) % 3), 0, 1, 63, (byte)((bit == 13 ? 0 : bit + 1) << 4 | bit)]));
            file.AddRange(nothing);
        }
        return [.. file, 0xFF, 0xD9];
    }

    /// <summary>The code for "no more" so often that it covers all blocks.</summary>
    private static byte[] Nothing(int blocks)
    {
        var (bits, held, bytes) = (0L, 0, new List<byte>());
        while (blocks > 0)
        {
            var n = Math.Min(14, (int)Math.Log2(blocks));
            var run = Math.Min(blocks, (2 << n) - 1);
            Put(n, 4);
            Put(run - (1 << n), n);
            blocks -= run;
        }
        Put(0x7F, 7);
        return [.. bytes];

        void Put(int value, int count)
        {
            (bits, held) = (bits << count | (uint)value, held + count);
            for (; held >= 8; held -= 8)
            {
                bytes.Add((byte)(bits >> (held - 8)));
                if (bytes[^1] == 0xFF) bytes.Add(0);
            }
        }
    }

    private static byte[] Segment(byte marker, byte[] data) => [0xFF, marker, (byte)(data.Length + 2 >> 8), (byte)(data.Length + 2), .. data];

    /// <summary>Black; each row by the dearest of the filters.</summary>
    private static byte[] Png(int side, byte depth, byte colour, bool interlaced = false, byte[]? more = null)
    {
        var bits = depth * (colour switch { 2 => 3, 6 => 4, _ => 1 });
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            foreach (var (left, top, across, down) in interlaced ? Adam7 : [(0, 0, 1, 1)])
            {
                var (width, height) = ((side - left + across - 1) / across, (side - top + down - 1) / down);
                var row = new byte[1 + (width * bits + 7) / 8];
                row[0] = 4;
                for (var y = 0; y < height && width > 0; y++) zlib.Write(row);
            }
        byte[] size = [(byte)(side >> 24), (byte)(side >> 16), (byte)(side >> 8), (byte)side];
        return
        [
            .. Signature, .. Chunk("IHDR", [.. size, .. size, depth, colour, 0, 0, interlaced ? (byte)1 : (byte)0]),
            .. colour == 3 ? Chunk("PLTE", [1, 2, 3, 200, 210, 220]) : [], .. more ?? [], .. Chunk("IDAT", packed.ToArray()), .. Chunk("IEND", []),
        ];
    }

    private static readonly (int, int, int, int)[] Adam7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] typed = [.. Encoding.ASCII.GetBytes(type), .. data];
        return [.. BigEndian((uint)data.Length), .. typed, .. BigEndian(Crc32.HashToUInt32(typed))];
    }

    private static byte[] Deflated(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) zlib.Write(bytes);
        return packed.ToArray();
    }

    private static byte[] BigEndian(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
