using System.Buffers;
using Rembg.Contract.Problems;

namespace Rembg.Contract.Cutouts;

/// <summary>File formats of images, as they are read.</summary>
public enum ImageFormat { Jpeg, Png, Webp, Avif, Tiff, Gif, Bmp }

/// <summary>
/// A file format that images come in. <see cref="All"/> is the only place that lists them: the gateway's first look, the pod's choice of
/// a header reader, OpenAPI, the problem that refuses others and what the page lets people choose are made from it or tested against it.
/// </summary>
/// <param name="Name">As people call it.</param>
/// <param name="ContentType">Of a body that holds such an image.</param>
/// <param name="Matches">Whether a file begins as one; given its first <see cref="SignatureLength"/> bytes, or all of a shorter file.</param>
public sealed record InputFormat(ImageFormat Format, string Name, string ContentType, Signature Matches)
{
    /// <summary>Bytes of a file that tell its format.</summary>
    public const int SignatureLength = 32;

    public static IReadOnlyList<InputFormat> All { get; } =
    [
        new(ImageFormat.Jpeg, "JPEG", "image/jpeg", head => head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF])),
        new(ImageFormat.Png, "PNG", "image/png", head => head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A])),
        new(ImageFormat.Webp, "WebP", "image/webp", head => head.Length >= 12 && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBP"u8)),
        new(ImageFormat.Avif, "AVIF", "image/avif", head => IsHeif(head) && (HasBrand(head, "avif"u8) || HasBrand(head, "avis"u8))),
        new(ImageFormat.Tiff, "TIFF", "image/tiff", head => head.StartsWith("II*\0"u8) || head.StartsWith("MM\0*"u8)),
        new(ImageFormat.Gif, "GIF", "image/gif", head => head.StartsWith("GIF87a"u8) || head.StartsWith("GIF89a"u8)),
        // Two letters are weak: the size of the header that follows must be one that there is.
        new(ImageFormat.Bmp, "BMP", "image/bmp", head => head.Length >= 18 && head.StartsWith("BM"u8) && head[15..18].IndexOfAnyExcept((byte)0) < 0 && head[14] is 40 or 52 or 56 or 108 or 124),
    ];

    /// <summary>For people: <c>JPEG, PNG or WebP</c>.</summary>
    public static string Names { get; } = $"{string.Join(", ", All.SkipLast(1).Select(format => format.Name))} or {All[^1].Name}";

    /// <summary>The format of a file, or null when it is none that is read. Names and labels are the client's word only.</summary>
    public static InputFormat? Of(ReadOnlySpan<byte> file)
    {
        var head = file[..Math.Min(SignatureLength, file.Length)];
        foreach (var format in All)
            if (format.Matches(head)) return format;
        return null;
    }

    public static InputFormat? Of(ReadOnlySequence<byte> file)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(SignatureLength, file.Length)];
        file.Slice(0, head.Length).CopyTo(head);
        return Of(head);
    }

    /// <summary>Why a file that begins so is refused.</summary>
    public static Problem Unsupported(ReadOnlySpan<byte> file) => Problem.UnsupportedFormat(IsHeic(file)
        ? $"It is HEIC, which is not read here. Convert it to JPEG; an iPhone takes JPEG itself with Settings, Camera, Formats, Most Compatible. Formats that are read: {Names}."
        : $"Formats that are read: {Names}. The format is told from the first bytes of the file, not from its name or Content-Type.");

    /// <summary>Photographs of iPhones. Our libvips has no decoder for their video codec (HEVC): patents.</summary>
    private static bool IsHeic(ReadOnlySpan<byte> file) => IsHeif(file) && (file[8..].StartsWith("he"u8) || HasBrand(file, "mif1"u8));

    /// <summary>The family of AVIF and HEIC, which say in "brands" which one they are.</summary>
    private static bool IsHeif(ReadOnlySpan<byte> file) => file.Length >= 12 && file[4..].StartsWith("ftyp"u8);

    private static bool HasBrand(ReadOnlySpan<byte> file, ReadOnlySpan<byte> brand)
    {
        for (var at = 8; at + 4 <= Math.Min(file.Length, Math.Min(SignatureLength, (int)file[3])); at += 4)
            if (at != 12 && file[at..].StartsWith(brand)) return true;
        return false;
    }
}

/// <summary>Judges the first bytes of a file.</summary>
public delegate bool Signature(ReadOnlySpan<byte> head);
