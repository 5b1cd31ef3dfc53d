using System.Buffers.Binary;
using System.Text;
using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Inference.Imaging;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Imaging.Headers;

public class ImageHeaderTests
{
    private static readonly ImageLimits Limits = new();

    [Theory]
    [InlineData("astronaut.png", ImageFormat.Png, 512, 512)]
    [InlineData("chelsea.png", ImageFormat.Png, 451, 300)]
    [InlineData("rocket.jpg", ImageFormat.Jpeg, 640, 427)]
    public void Photo_IsReadAsWhatItIs(string name, ImageFormat format, int width, int height)
    {
        var header = ImageHeader.Read(Photos.Read(name), Limits);

        (header.Format, header.Width, header.Height, header.Orientation).ShouldBe((format, width, height, 1));
        header.Length.ShouldBe(Photos.Read(name).Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Webp_IsReadInBothCodings(bool lossless)
    {
        var header = ImageHeader.Read(ImageFactory.Webp(Photos.Rocket, lossless), Limits);

        (header.Format, header.Width, header.Height).ShouldBe((ImageFormat.Webp, 640, 427));
    }

    [Theory]
    [InlineData(ImageFormat.Jpeg)]
    [InlineData(ImageFormat.Png)]
    [InlineData(ImageFormat.Webp)]
    public void Orientation_IsReadFromEveryFormat(ImageFormat format)
    {
        var header = ImageHeader.Read(ImageFactory.Oriented(format, Photos.Rocket, 6), Limits);

        header.Orientation.ShouldBe(6);
        (header.Width, header.Height, header.UprightWidth, header.UprightHeight).ShouldBe((427, 640, 640, 427));
    }

    [Fact]
    public void ProgressiveJpeg_HasItsOwnPixelLimit()
    {
        var file = ImageFactory.Jpeg(Photos.Rocket, progressive: true);

        ImageHeader.Read(file, Limits).NeedsWholePicture.ShouldBeTrue();
        Refused(file, new() { MaxProgressivePixels = 640 * 427 - 1 }).Code.ShouldBe("resolution_too_high");
    }

    [Fact]
    public void JpegOfAThousandScans_IsRefused()
    {
        var file = ImageFactory.Jpeg(Photos.Rocket, progressive: true);
        var scan = LastScan(file);
        byte[] bomb = [.. file[..^2], .. Enumerable.Repeat(scan, 1000).SelectMany(bytes => bytes), 0xFF, 0xD9];

        Refused(bomb).Code.ShouldBe("undecodable_image");
    }

    [Theory]
    [InlineData("%PDF-1.7")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    [InlineData("<!DOCTYPE html><html></html>")]
    [InlineData("PK\u0003\u0004")]
    [InlineData("\u007FELF")]
    [InlineData("GIF88a")]
    [InlineData("BMW, a car and no picture")]
    [InlineData("\0\0\u0001\0\u0001\0 icon")]
    [InlineData("8BPS\0\u0001 Photoshop")]
    [InlineData("RIFF\u0004\0\0\0WAVE")]
    [InlineData("")]
    public void OtherFormat_IsUnsupportedWhateverItIsCalled(string start) =>
        Refused(Encoding.Latin1.GetBytes(start)).Status.ShouldBe(415);

    [Fact]
    public void BytesAfterThePicture_AreNoPartOfIt()
    {
        var jpeg = ImageFactory.Jpeg(Photos.Rocket);
        byte[] polyglot = [.. jpeg, .. "<html><script>alert(1)</script></html>"u8];

        ImageHeader.Read(polyglot, Limits).Length.ShouldBe(jpeg.Length);
    }

    [Fact]
    public void TooManyBytes_Are413() => Refused(Photos.Astronaut, new() { MaxBytes = 100_000 }).Status.ShouldBe(413);

    [Theory]
    [InlineData(60_000, 60_000, "resolution_too_high")]
    [InlineData(1, int.MaxValue, "resolution_too_high")]
    [InlineData(uint.MaxValue, uint.MaxValue, "resolution_too_high")]
    [InlineData(16_383, 3_100, "resolution_too_high")]
    [InlineData(0, 10, "undecodable_image")]
    public void AbsurdPngSize_IsRefusedOnTheHeader(uint width, uint height, string code) =>
        Refused(PngFile.Of(PngFile.Header(width, height), PngFile.Data(new byte[100_000]), PngFile.End)).Code.ShouldBe(code);

    public static TheoryData<string, Func<byte[]>, string> BadPngs => new()
    {
        { "checksum", () => Flipped(PngFile.Small(), 20), "undecodable_image" },
        { "bit depth", () => PngFile.Of(PngFile.Header(2, 2, depth: 3), PngFile.End), "undecodable_image" },
        { "no data", () => PngFile.Of(PngFile.Header(2, 2), PngFile.End), "undecodable_image" },
        { "no header", () => PngFile.Of(PngFile.Data(new byte[18]), PngFile.End), "undecodable_image" },
        { "no end", () => PngFile.Of(PngFile.Header(2, 2), PngFile.Data(new byte[18])), "truncated_image" },
        { "too many frames", () => PngFile.Small([PngFile.Chunk("acTL", new byte[8]), .. Enumerable.Repeat(PngFile.Chunk("fcTL", new byte[26]), 1001)]), "too_many_frames" },
        { "profile", () => PngFile.Small(PngFile.Chunk("iCCP", [65, 0, 0, .. PngFile.Deflated([0x7F, 0, 0, 0, .. new byte[500]])])), "undecodable_image" },
        { "many chunks", () => PngFile.Small([.. Enumerable.Repeat(PngFile.Chunk("tEXt", 65, 0, 0), 10_000)]), "undecodable_image" },
        { "unknown critical chunk", () => PngFile.Small(PngFile.Chunk("ABCD", 1)), "undecodable_image" },
        { "palette of a wrong length", () => PngFile.Small(PngFile.Chunk("PLTE", 1, 2)), "undecodable_image" },
        { "no palette", () => PngFile.Of(PngFile.Header(2, 2, colour: 3), PngFile.Data(new byte[6]), PngFile.End), "undecodable_image" },
        { "animation header of a wrong length", () => PngFile.Small(PngFile.Chunk("acTL", 1)), "undecodable_image" },
        { "end of a wrong length", () => PngFile.Of(PngFile.Header(2, 2), PngFile.Data(new byte[18]), PngFile.Chunk("IEND", 1)), "undecodable_image" },
        { "less data than deflate can unpack to it", () => PngFile.Of(PngFile.Header(4000, 4000), PngFile.Data(new byte[18]), PngFile.End), "truncated_image" },
        { "less data than deflate can unpack to it, interlaced", () => PngFile.Of(PngFile.Header(3000, 3000, depth: 1, colour: 0, interlace: 1), PngFile.Data(new byte[18]), PngFile.End), "truncated_image" },
    };

    [Theory]
    [MemberData(nameof(BadPngs))]
    public void BadPng_IsRefusedOnTheHeader(string what, Func<byte[]> make, string code) => Refused(make()).Code.ShouldBe(code, what);

    [Fact]
    public void JpegWithLessDataThanItsBlocksNeed_IsTruncated()
    {
        var file = ImageFactory.Jpeg(Photos.Rocket);
        var frame = file.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        foreach (var at in (int[])[frame + 5, frame + 7]) BinaryPrimitives.WriteUInt16BigEndian(file.AsSpan(at), 7071);

        Refused(file).Code.ShouldBe("truncated_image");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void FlatPicture_HasEnoughDataHoweverWellItIsPacked(bool optimized)
    {
        using var flat = Image.Black(3000, 2000, bands: 3).Copy(interpretation: Enums.Interpretation.Srgb);
        byte[][] files =
        [
            flat.JpegsaveBuffer(q: 1, optimizeCoding: optimized), flat.JpegsaveBuffer(q: 1, interlace: true, optimizeCoding: optimized),
            flat.ExtractBand(0).JpegsaveBuffer(q: 1, optimizeCoding: optimized), flat.JpegsaveBuffer(q: 1, optimizeCoding: optimized, subsampleMode: Enums.ForeignSubsample.Off),
            flat.PngsaveBuffer(compression: 9), flat.PngsaveBuffer(compression: 9, interlace: true), flat.PngsaveBuffer(compression: 9, palette: true, bitdepth: 1),
            flat.WebpsaveBuffer(lossless: true), flat.WebpsaveBuffer(q: 1),
        ];

        foreach (var file in files) ImageHeader.Read(file, Limits).Width.ShouldBe(3000);
    }

    [Fact]
    public void JpegOfManySegments_IsRefused()
    {
        var jpeg = ImageFactory.Jpeg(Photos.Rocket);
        byte[] comment = [0xFF, 0xFE, 0, 3, 65];

        Refused([.. jpeg[..2], .. Enumerable.Repeat(comment, 10_000).SelectMany(bytes => bytes), .. jpeg[2..]]).Code.ShouldBe("undecodable_image");
    }

    [Fact]
    public void InterlacedPng_HasItsOwnPixelLimit()
    {
        Refused(ImageFactory.Png(Photos.Rocket, interlaced: true), new() { MaxProgressivePixels = 640 * 427 - 1 }).Code.ShouldBe("resolution_too_high");

        byte[] Interlaced(byte depth) => PngFile.Of(PngFile.Header(8, 8, depth, interlace: 1), PngFile.Data(new byte[8 * 8 * 8 + 30]), PngFile.End);
        ImageHeader.Read(Interlaced(depth: 8), new() { MaxProgressivePixels = 100 }).NeedsWholePicture.ShouldBeTrue();
        Refused(Interlaced(depth: 16), new() { MaxProgressivePixels = 100 }).Detail!.ShouldContain("of 16 bits may have at most 50 pixels");
    }

    [Fact]
    public void AnimatedPicture_SaysHowManyFramesItHas()
    {
        ImageHeader.Read(ImageFactory.AnimatedWebp(Photos.Rocket), Limits).Frames.ShouldBe(2);
        Refused(ImageFactory.AnimatedWebp(Photos.Rocket), new() { MaxFrames = 1 }).Code.ShouldBe("too_many_frames");
        ImageHeader.Read(PngFile.Small(PngFile.Chunk("acTL", new byte[8]), PngFile.Chunk("fcTL", new byte[26])), Limits).Frames.ShouldBe(1);
        ImageHeader.Read(PngFile.Animated(3), Limits).Frames.ShouldBe(3);
        ImageHeader.Read(Photos.Rocket, Limits).Frames.ShouldBe(1);
    }

    [Fact]
    public void ExifThatPointsInCircles_IsUpright()
    {
        // One directory with one entry (not the orientation) and a "next" pointer back to itself.
        byte[] tiff = [.. "MM\0*"u8, 0, 0, 0, 8, 0, 1, 0x01, 0x00, 0, 3, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0, 0, 8];

        ImageHeader.Read(PngFile.Small(PngFile.Chunk("eXIf", tiff)), Limits).Orientation.ShouldBe(1);
    }

    internal static Problem Refused(byte[] file, ImageLimits? limits = null) =>
        Should.Throw<ProblemException>(() => ImageHeader.Read(file, limits ?? Limits)).Problem;

    private static byte[] Flipped(byte[] file, int at)
    {
        file[at] ^= 1;
        return file;
    }

    private static byte[] LastScan(byte[] jpeg)
    {
        var start = jpeg.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
        return jpeg[start..^2];
    }
}
