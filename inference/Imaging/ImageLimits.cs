using System.ComponentModel.DataAnnotations;

namespace Rembg.Inference.Imaging;

/// <summary>What an upload may be at most. Everything here is decided on the header, before a pixel is decoded.</summary>
public sealed class ImageLimits
{
    public const string Section = "Images";

    /// <summary>Bytes of the file.</summary>
    [Range(1024, int.MaxValue)] public int MaxBytes { get; set; } = 25 * 1024 * 1024;

    /// <summary>Width × height.</summary>
    [Range(1, 268_402_689)] public long MaxPixels { get; set; } = 50_000_000;

    /// <summary>Either side, in pixels. 16,383 is also the most that a WebP answer can have.</summary>
    [Range(1, 16_383)] public int MaxSide { get; set; } = 16_383;

    /// <summary>
    /// Width × height of a JPEG whose decoder must hold all coefficients: progressive ones, and those with a scan
    /// for each colour. They take up to 6 bytes a pixel on top of the picture.
    /// </summary>
    [Range(1, 268_402_689)] public long MaxProgressivePixels { get; set; } = 16_000_000;

    /// <summary>Scans of such a JPEG: each one visits all coefficients again. Usual encoders write 10.</summary>
    [Range(1, 1000)] public int MaxScans { get; set; } = 32;

    /// <summary>Bytes, as stored, of a colour profile, of EXIF and of all texts of a PNG, each.</summary>
    [Range(1024, int.MaxValue)] public int MaxMetadataBytes { get; set; } = 1024 * 1024;
}
