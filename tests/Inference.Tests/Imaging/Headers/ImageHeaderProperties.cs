using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Rembg.Contract.Problems;
using Rembg.Inference.Imaging;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Imaging.Headers;

/// <summary>Whatever the bytes, the answer is a header within the limits or a problem of the caller's, for hardly any memory.</summary>
public class ImageHeaderProperties
{
    private static readonly byte[][] Starts =
    [
        [0xFF, 0xD8, 0xFF], [0xFF, 0xD8, 0xFF, 0xC0, 0, 17, 8], [0xFF, 0xD8, 0xFF, 0xE1, 0, 20, .. "Exif\0\0II*\0"u8],
        PngFile.Signature, PngFile.Of(PngFile.Header(3, 3)), PngFile.Of(PngFile.Header(3, 3), PngFile.Chunk("eXIf", [.. "MM\0*"u8])),
        [.. "II*\0"u8, 8, 0, 0, 0], [.. "MM\0*"u8, 0, 0, 0, 8], [0, 0, 0, 20, .. "ftypavif\0\0\0\0mif1"u8, 0, 0, 0, 90, .. "meta"u8, 0, 0, 0, 0],
        [.. "GIF89a"u8, 3, 0, 3, 0, 0, 0, 0], [.. "BM"u8, .. new byte[8], 54, 0, 0, 0, 40, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 1, 0],
        [.. "RIFF"u8, 90, 0, 0, 0, .. "WEBPVP8X"u8], [.. "RIFF"u8, 30, 0, 0, 0, .. "WEBPVP8L"u8], [.. "RIFF"u8, 40, 0, 0, 0, .. "WEBPVP8 "u8],
    ];

    private static readonly byte[][] Files =
    [
        ImageFactory.Jpeg(Photos.Rocket, orientation: 3), ImageFactory.Jpeg(Photos.Rocket, progressive: true),
        ImageFactory.Png(Photos.Rocket, orientation: 5), ImageFactory.Webp(Photos.Rocket, orientation: 7),
        Photos.Read("formats/clear.avif"), Photos.Read("formats/tiles.tif"), Photos.Read("formats/zip.tif"), Photos.Read("formats/frames.gif"), Photos.Read("formats/alpha.bmp"), Photos.Read("formats/8.bmp"),
    ];

    [Property(MaxTest = 2000, Replay = "1,1")]
    public void RandomBytesAfterAMagicNumber(byte[] bytes, NonNegativeInt start) =>
        HeaderOrProblem([.. Starts[start.Get % Starts.Length], .. bytes]);

    [Property(MaxTest = 2000, Replay = "2,3")]
    public void RealFileWithAChangedByteNearItsStart(NonNegativeInt file, NonNegativeInt at, byte value)
    {
        var changed = Files[file.Get % Files.Length].ToArray();
        changed[at.Get % 400] = value;
        HeaderOrProblem(changed);
    }

    [Property(MaxTest = 2000, Replay = "6,7")]
    public void RealFileWithALengthOrSizeThatIsFarOff(NonNegativeInt file, NonNegativeInt at, uint value)
    {
        var changed = Files[file.Get % Files.Length].ToArray();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(changed.AsSpan(2 + at.Get % 400), uint.MaxValue - value % 20 * 0x08_01_01_01u);
        HeaderOrProblem(changed);
    }

    [Property(MaxTest = 2000, Replay = "8,9")]
    public void AnyExif_IsAnOrientation(byte[] bytes, bool littleEndian, byte offset, byte entries)
    {
        byte[] start = littleEndian ? [.. "II*\0"u8, offset, 0, 0, 0] : [.. "MM\0*"u8, 0, 0, 0, offset];
        byte[] count = littleEndian ? [entries, 0, 0x12, 0x01, 3, 0] : [0, entries, 0x01, 0x12, 0, 3];

        Exif.Orientation(bytes).ShouldBeInRange(1, 8);
        Exif.Orientation([.. start, .. bytes]).ShouldBeInRange(1, 8);
        Exif.Orientation([.. "Exif\0\0"u8, .. start, .. count, .. bytes]).ShouldBeInRange(1, 8);
    }

    [Property(MaxTest = 500, Replay = "4,5")]
    public void RealFileCutAnywhere_IsNeverAWholeOne(NonNegativeInt file, NonNegativeInt at)
    {
        var whole = Files[file.Get % Files.Length];
        var cut = whole[..(int)(at.Get * 7919L % (whole.Length - 1))]; // a GIF without its last byte, the trailer, is whole
        try
        {
            // In the last scan of a JPEG only the decoder sees whether rows are missing.
            ImageHeader.Read(cut, new()).EndIsMissing.ShouldBeTrue();
        }
        catch (ProblemException refused)
        {
            refused.Problem.Status.ShouldBeInRange(400, 422);
        }
    }

    private static void HeaderOrProblem(byte[] file)
    {
        var limits = new ImageLimits();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var header = ImageHeader.Read(file, limits);
            header.Pixels.ShouldBeInRange(1, limits.MaxPixels);
            header.Orientation.ShouldBeInRange(1, 8);
            header.Length.ShouldBeInRange(1, file.Length);
            header.ProfileBytes.ShouldBeInRange(0, limits.MaxProfileBytes);
            header.Stripped.Length.ShouldBeInRange(1, file.Length + 600);
        }
        catch (ProblemException refused)
        {
            refused.Problem.Status.ShouldBeInRange(400, 422);
        }
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(200_000, "whatever sizes it claims");
    }
}
