using System.Buffers.Binary;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>Changes to chunks and segments: their number, order, kind, length and contents.</summary>
internal static class PartMutations
{
    private static readonly string[] PngTypes = ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "iCCP", "sRGB", "gAMA", "cHRM", "sBIT", "bKGD", "hIST", "pHYs", "sPLT", "eXIf", "tIME", "tEXt", "zTXt", "iTXt", "acTL", "fcTL", "fdAT", "cICP", "\0\0\0\0"];
    private static readonly string[] RiffTypes = ["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP", "EXIF", "XMP ", "RIFF"];
    private static readonly uint[] Lengths = [0, 1, 2, 3, 7, 8, 255, 256, 0x7FFF, 0xFFFE, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF];

    public static IReadOnlyList<Mutation> All { get; } =
    [
        Of("part taken out", (parts, at, _) => parts.RemoveAt(at)),
        Of("part doubled", (parts, at, random) => parts.InsertRange(at, Enumerable.Repeat(parts[at], 1 + random.Next(3)))),
        Of("part repeated", (parts, at, random) => parts.InsertRange(at, Enumerable.Repeat(parts[at], Math.Min(1 << random.Next(12), 200_000 / parts[at].Length)))),
        Of("parts exchanged", (parts, at, random) => { var other = random.Next(1, parts.Count); (parts[at], parts[other]) = (parts[other], parts[at]); }),
        Of("part of another file", (parts, at, random) => parts.Insert(at, Foreign(random))),
        Of("part of another kind", Retype),
        Of("length of a part", Measure),
        Of("contents of a part", (parts, at, random) => { var (start, end) = Contents(parts[at]); random.NextBytes(parts[at].AsSpan(start, end - start)); }),
        Of("part shortened", (parts, at, random) => Resize(parts, at, length => random.Next(length + 1))),
        Of("part made longer", (parts, at, random) => Resize(parts, at, length => length + random.Next(5000))),
    ];

    private static Mutation Of(string what, Action<List<byte[]>, int, Random> change) => new(what, (file, random) =>
    {
        var parts = FileParts.Split([.. file]);
        if (parts.Count < 2) return file;
        change(parts, random.Next(1, parts.Count), random);
        return FileParts.Join(parts);
    });

    private static byte[] Foreign(Random random)
    {
        var parts = FileParts.Split(SeedFiles.All[random.Next(SeedFiles.All.Count)].Bytes);
        return parts[random.Next(1, parts.Count)];
    }

    private static void Retype(List<byte[]> parts, int at, Random random)
    {
        var part = parts[at] = [.. parts[at]];
        switch (FileParts.ContainerOf(parts[0]))
        {
            case Container.Jpeg when part.Length > 1: part[1] = (byte)random.Next(0xC0, 0x100); break;
            case Container.Png when part.Length >= 8: Ascii(PngTypes, part.AsSpan(4)); break;
            case Container.Webp when part.Length >= 4: Ascii(RiffTypes, part); break;
        }

        void Ascii(string[] types, Span<byte> target) => System.Text.Encoding.ASCII.GetBytes(types[random.Next(types.Length)], target);
    }

    private static void Measure(List<byte[]> parts, int at, Random random) =>
        WriteLength(parts[at] = [.. parts[at]], Lengths[random.Next(Lengths.Length)]);

    private static void Resize(List<byte[]> parts, int at, Func<int, int> resize)
    {
        var part = parts[at];
        var (start, end) = Contents(part);
        var contents = new byte[resize(end - start)];
        part.AsSpan(start, Math.Min(contents.Length, end - start)).CopyTo(contents);
        parts[at] = [.. part[..start], .. contents, .. part[end..]];
        WriteLength(parts[at], (uint)(contents.Length + (part[0] == 0xFF ? 2 : 0)));
    }

    /// <summary>Where a part's contents are, told by what it looks like: a JPEG segment begins with 0xFF, RIFF chunks with their type, PNG chunks with their length.</summary>
    private static (int Start, int End) Contents(byte[] part)
    {
        var (start, tail) = part[0] == 0xFF ? (4, 0) : IsRiff(part) ? (8, 0) : (8, 4);
        start = Math.Min(start, part.Length);
        return (start, Math.Max(start, part.Length - tail));
    }

    private static void WriteLength(byte[] part, uint length)
    {
        if (part.Length < 8) return;
        if (part[0] == 0xFF) BinaryPrimitives.WriteUInt16BigEndian(part.AsSpan(2), (ushort)length);
        else if (IsRiff(part)) BinaryPrimitives.WriteUInt32LittleEndian(part.AsSpan(4), length);
        else BinaryPrimitives.WriteUInt32BigEndian(part, length);
    }

    private static bool IsRiff(byte[] part) => part.Length >= 8 && part[0] is >= (byte)'A' and <= (byte)'Z';
}
