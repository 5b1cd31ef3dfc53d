using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>
/// What a file says about its picture, read by parsers of our own: nothing reaches the native library before
/// this has said yes. Sizes are in pixels, as stored, before the orientation is applied.
/// </summary>
public sealed record ImageHeader(ImageFormat Format, int Width, int Height)
{
    /// <summary>EXIF orientation, 1 (upright) to 8; from 5 on the sides are swapped.</summary>
    public int Orientation { get; init; } = 1;

    /// <summary>The decoder cannot go row by row: progressive or multi-scan JPEG, interlaced PNG, any WebP, AVIF, TIFF or GIF.</summary>
    public bool NeedsWholePicture { get; init; }

    /// <summary>The file has an alpha channel or a transparent colour.</summary>
    public bool HasAlpha { get; init; }

    /// <summary>Samples have 16 bits (PNG, TIFF), or 10 or 12 (AVIF).</summary>
    public bool Has16Bits { get; init; }

    /// <summary>A WebP of the lossless coding.</summary>
    public bool IsLossless { get; init; }

    /// <summary>Pictures in the file; the first one is taken.</summary>
    public int Frames { get; init; } = 1;

    /// <summary>Where the first frame of an animated WebP or GIF lies on its canvas, which is the picture; null when it covers all of it.</summary>
    public (int Left, int Top)? Offset { get; init; }

    /// <summary>A JPEG without its last bytes. Whether more is missing of a progressive one, only its decoder can tell.</summary>
    public bool EndIsMissing { get; init; }

    /// <summary>Bytes of the colour profile, unpacked: what a decoder keeps beside the pixels.</summary>
    public long ProfileBytes { get; init; }

    /// <summary>Colours are to be read as sRGB: no profile, and not CMYK.</summary>
    public bool IsSrgb { get; init; } = true;

    /// <summary>Colours that the file names by numbers, which overrule a profile; null for sRGB.</summary>
    internal DeclaredColours? Declared { get; init; }

    /// <summary>How the pixels of a BMP are stored; null for the others.</summary>
    internal BmpPixels? Bmp { get; init; }

    /// <summary>Bytes of the file up to the end of the picture; what follows is no part of it.</summary>
    public int Length { get; init; }

    /// <summary>What a decoder is given of the file.</summary>
    internal StrippedFile Stripped { get; init; } = new();

    public bool SwapsSides => Orientation >= 5;
    public int UprightWidth => SwapsSides ? Height : Width;
    public int UprightHeight => SwapsSides ? Width : Height;
    public long Pixels => (long)Width * Height;

    /// <summary>All of the upright picture.</summary>
    public Box Upright => new(0, 0, UprightWidth, UprightHeight);

    /// <summary>Reads and judges the header of <paramref name="file"/>.</summary>
    /// <exception cref="ProblemException">
    /// 413 too many bytes · 415 none of <see cref="InputFormat.All"/> · 422 too many pixels, frames or parts, truncated, or not decodable.
    /// </exception>
    public static ImageHeader Read(ReadOnlyMemory<byte> file, ImageLimits limits)
    {
        var bytes = file.Span;
        if (bytes.Length > limits.MaxBytes) throw Problem.ImageTooLarge(limits.MaxBytes).AsException();

        return InputFormat.Of(bytes)?.Format switch
        {
            ImageFormat.Jpeg => JpegHeader.Read(bytes, limits),
            ImageFormat.Png => PngHeader.Read(bytes, limits),
            ImageFormat.Webp => WebpHeader.Read(bytes, limits),
            ImageFormat.Avif => AvifHeader.Read(bytes, limits),
            ImageFormat.Tiff => TiffHeader.Read(bytes, limits),
            ImageFormat.Gif => GifHeader.Read(bytes, limits),
            ImageFormat.Bmp => BmpHeader.Read(bytes, limits),
            _ => throw InputFormat.Unsupported(bytes).AsException(),
        };
    }

    /// <summary>Refuses sizes that cannot be or must not be; called by each parser as soon as it knows them.</summary>
    internal static void CheckSize(long width, long height, ImageLimits limits)
    {
        if (width <= 0 || height <= 0) throw Corrupt("It says that it has no pixels.");
        if (width > limits.MaxSide || height > limits.MaxSide)
            throw Problem.ResolutionTooHigh($"It has {width:N0} x {height:N0} pixels; a side may have at most {limits.MaxSide:N0}.").AsException();
        if (width * height > limits.MaxPixels)
            throw Problem.ResolutionTooHigh($"It has {width * height:N0} pixels; at most {limits.MaxPixels:N0} are allowed.").AsException();
    }

    internal static void CheckProfile(long bytes, ImageLimits limits)
    {
        if (bytes > limits.MaxProfileBytes) throw Corrupt($"Its colour profile has {bytes:N0} bytes; at most {limits.MaxProfileBytes:N0} are allowed.");
    }

    internal static ProblemException Corrupt(string detail) => Problem.Undecodable(detail).AsException();

    internal static ProblemException Truncated() => Problem.Truncated().AsException();
}
