using System.Buffers.Binary;
using System.IO.Hashing;

namespace Rembg.Platform.Tests.Hostile;

internal enum Container { Jpeg, Png, Webp, Avif, Gif, Bmp, Other }

/// <summary>A file taken apart into what its format is made of: PNG chunks, JPEG segments, RIFF chunks; other formats are one part. What makes no sense any more is one last part.</summary>
internal static class FileParts
{
    public static ReadOnlySpan<byte> PngSignature => [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A];

    public static Container ContainerOf(ReadOnlySpan<byte> file) =>
        file.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8]) ? Container.Jpeg
        : file.StartsWith(PngSignature) ? Container.Png
        : file.StartsWith("RIFF"u8) && file.Length >= 12 ? Container.Webp
        : file.Length >= 12 && file[4..].StartsWith("ftyp"u8) ? Container.Avif
        : file.StartsWith("GIF8"u8) ? Container.Gif
        : file.StartsWith("BM"u8) ? Container.Bmp
        : Container.Other;

    /// <summary>The parts; put together again they are the file. The first one is the signature.</summary>
    public static List<byte[]> Split(byte[] file)
    {
        var container = ContainerOf(file);
        var at = container switch { Container.Jpeg => 2, Container.Png => 8, Container.Webp => 12, _ => Math.Min(4, file.Length) };
        List<byte[]> parts = [file[..at]];
        while (at < file.Length)
        {
            var length = container switch
            {
                Container.Png => Png(file.AsSpan(at)),
                Container.Webp => Riff(file.AsSpan(at)),
                Container.Jpeg => Jpeg(file.AsSpan(at)),
                _ => int.MaxValue,
            };
            var end = (int)Math.Min(at + Math.Max(1, length), file.Length);
            parts.Add(file[at..end]);
            at = end;
        }
        return parts;
    }

    public static byte[] Join(IEnumerable<byte[]> parts) => [.. parts.SelectMany(part => part)];

    /// <summary>Sets right what a decoder checks first: the checksums of a PNG, the length of a RIFF. What is behind them gets its turn only then.</summary>
    public static byte[] Mend(byte[] file)
    {
        var parts = Split(file);
        switch (ContainerOf(file))
        {
            case Container.Png:
                foreach (var chunk in parts.Skip(1).Where(chunk => chunk.Length >= 12))
                    BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(chunk.Length - 4), Crc32.HashToUInt32(chunk.AsSpan(4, chunk.Length - 8)));
                break;
            case Container.Webp:
                BinaryPrimitives.WriteUInt32LittleEndian(parts[0].AsSpan(4), (uint)(file.Length - 8));
                break;
        }
        return Join(parts);
    }

    private static long Png(ReadOnlySpan<byte> rest) => rest.Length < 4 ? rest.Length : 12L + BinaryPrimitives.ReadUInt32BigEndian(rest);

    private static long Riff(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 8) return rest.Length;
        var length = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
        return 8L + length + (length & 1);
    }

    /// <summary>A segment up to the next marker, so that a scan has its coded data with it.</summary>
    private static long Jpeg(ReadOnlySpan<byte> rest)
    {
        if (rest.Length < 4 || rest[0] != 0xFF) return rest.Length;
        var at = 2 + BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
        while (at + 1 < rest.Length && (rest[at] != 0xFF || rest[at + 1] is 0 or (>= 0xD0 and <= 0xD7))) at++;
        return at + 1 < rest.Length ? at : rest.Length;
    }
}
