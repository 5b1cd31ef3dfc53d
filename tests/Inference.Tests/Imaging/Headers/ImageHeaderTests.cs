using System.Text;
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
    [InlineData("GIF89a")]
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
        { "animated", () => PngFile.Small(PngFile.Chunk("acTL", new byte[8])), "too_many_frames" },
        { "profile", () => PngFile.Small(PngFile.Chunk("iCCP", new byte[5_000_000])), "undecodable_image" },
        { "text bomb", () => PngFile.Small(PngFile.Chunk("zTXt", new byte[2_000_000])), "undecodable_image" },
        { "plain text", () => PngFile.Small(PngFile.Chunk("tEXt", new byte[2_000_000])), "undecodable_image" },
        { "texts that are much together", () => PngFile.Small([.. Enumerable.Repeat(PngFile.Chunk("tEXt", new byte[60_000]), 20)]), "undecodable_image" },
        { "suggested palettes", () => PngFile.Small([.. Enumerable.Repeat(PngFile.Chunk("sPLT", new byte[600_000]), 2)]), "undecodable_image" },
        { "many texts", () => PngFile.Small([.. Enumerable.Repeat(PngFile.Chunk("zTXt", 65, 0, 0), 1000)]), "undecodable_image" },
    };

    [Theory]
    [MemberData(nameof(BadPngs))]
    public void BadPng_IsRefusedOnTheHeader(string what, Func<byte[]> make, string code) => Refused(make()).Code.ShouldBe(code, what);

    [Fact]
    public void WhatDecodersKeepBesideThePixels_IsCounted()
    {
        byte[] comment = [0xFF, 0xFE, 0x03, 0xEA, .. new byte[1000]];
        var jpeg = ImageFactory.Jpeg(Photos.Rocket);
        int Metadata(byte[] file) => ImageHeader.Read(file, Limits).MetadataBytes;

        (Metadata([.. jpeg[..2], .. comment, .. jpeg[2..]]) - Metadata(jpeg)).ShouldBe(1000);
        Metadata(PngFile.Small(PngFile.Chunk("tEXt", new byte[500]))).ShouldBe(500);
        Metadata(ImageFactory.Webp(Photos.Rocket, orientation: 3)).ShouldBeGreaterThan(100); // its EXIF
    }

    [Fact]
    public void AnimatedWebp_IsRefused() => Refused(ImageFactory.AnimatedWebp(Photos.Rocket)).Code.ShouldBe("too_many_frames");

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
