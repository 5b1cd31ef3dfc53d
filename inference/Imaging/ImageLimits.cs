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
    /// Width × height of a JPEG whose decoder must hold all coefficients (progressive ones, and those with a scan
    /// for each colour: up to 6 bytes a pixel on top of the picture), and of an interlaced PNG (half of it with 16 bits).
    /// </summary>
    [Range(1, 268_402_689)] public long MaxProgressivePixels { get; set; } = 16_000_000;

    /// <summary>Scans of a JPEG. Each one visits all coefficients again: 1.3 ms a megapixel and scan, in each of two decodes. 32 scans cost 1.2 times the reach of docs/hostile-input.md.</summary>
    [Range(1, 1000)] public int MaxScans { get; set; } = 16;

    /// <summary>Bytes of a colour profile, unpacked. Those of printing presses have up to 3 MiB.</summary>
    [Range(1024, int.MaxValue)] public int MaxProfileBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Chunks of a PNG or WebP, segments of a JPEG, blocks of a GIF, boxes of an AVIF, tiles of a TIFF.</summary>
    [Range(16, 1_000_000)] public int MaxParts { get; set; } = 10_000;

    /// <summary>Frames of an animated PNG, WebP or GIF, of which the first is taken.</summary>
    [Range(1, 1_000_000)] public int MaxFrames { get; set; } = 1000;
}
