using System.Text;
using NetVips;
using Rembg.Inference.Imaging;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Imaging.Headers;

/// <summary>What a decoder is given: nothing that is not pixels or colour, and a sound file all the same.</summary>
public class StrippedFileTests
{
    private static readonly byte[] Photo = Photos.Rocket;

    public static TheoryData<string, Func<byte[]>> FilesWithMore => new()
    {
        { "PNG compressed text", () => Png(PngFile.Chunk("zTXt", [65, 0, 0, .. PngFile.Deflated(new byte[7 << 20])])) },
        { "PNG international text", () => Png(PngFile.Chunk("iTXt", [65, 0, 1, 0, 0, 0, .. PngFile.Deflated(new byte[7 << 20])])) },
        { "PNG text", () => Png(PngFile.Chunk("tEXt", [65, 0, .. new byte[2_000_000]])) },
        { "PNG suggested palette", () => Png(PngFile.Chunk("sPLT", [65, 0, 8, 1, 2, 3, 4, 0, 1])) },
        { "PNG EXIF", () => ImageFactory.Png(Photo, orientation: 6) },
        { "PNG of a wrong gamma", () => Png(PngFile.Chunk("gAMA", 1)) },
        { "PNG unknown chunk", () => Png(PngFile.Chunk("prVt", new byte[100])) },
        { "PNG empty data", () => Png(PngFile.Chunk("IDAT")) },
        { "PNG frames", () => PngFile.Animated(4) },
        { "JPEG EXIF", () => ImageFactory.Jpeg(Photo, orientation: 6) },
        { "JPEG comment", () => Jpeg(0xFE, new byte[60_000]) },
        { "JPEG thumbnail", () => Jpeg(0xE0, [.. "JFXX\0"u8, 0x10, .. new byte[1000]]) },
        { "JPEG XMP", () => Jpeg(0xE1, [.. "http://ns.adobe.com/xap/1.0/\0<x/>"u8]) },
        { "JPEG unknown application", () => Jpeg(0xE7, new byte[1000]) },
        { "WebP EXIF", () => ImageFactory.Webp(Photo, orientation: 6) },
        { "WebP frames", () => ImageFactory.AnimatedWebp(Photo) },
    };

    [Theory]
    [MemberData(nameof(FilesWithMore))]
    public void MoreThanPixelsAndColours_StaysOut(string kind, Func<byte[]> make)
    {
        var file = make();

        var stripped = Strip(file);

        stripped.Length.ShouldBeLessThan(file.Length, kind);
        var text = Encoding.Latin1.GetString(stripped);
        foreach (var name in (string[])["zTXt", "iTXt", "tEXt", "sPLT", "eXIf", "gAMA", "prVt", "acTL", "fcTL", "fdAT", "Exif", "JFXX", "adobe.com", "EXIF", "ANMF"])
            text.ShouldNotContain(name, Case.Sensitive);
        ImageHeader.Read(stripped, Cutting.Limits).Stripped.Length.ShouldBe(stripped.Length, "nothing more to take away");
        var pixels = Decoded.From(stripped).Pixels;
        Decoded.From(file).Pixels.AsSpan(0, pixels.Length).SequenceEqual(pixels).ShouldBeTrue("the pixels are those of the (first) picture");
    }

    [Theory]
    [InlineData(".jpg")]
    [InlineData(".png")]
    [InlineData(".webp")]
    public void Profile_IsKept(string format)
    {
        using var image = Image.NewFromBuffer(Photo);
        using var wide = image.IccTransform("p3", inputProfile: "srgb");
        var file = format switch { ".jpg" => wide.JpegsaveBuffer(), ".png" => wide.PngsaveBuffer(), _ => wide.WebpsaveBuffer() };

        using var stripped = Image.NewFromBuffer(Strip(file));

        stripped.Contains("icc-profile-data").ShouldBeTrue();
        stripped.Contains("exif-data").ShouldBeFalse();
        ImageHeader.Read(file, Cutting.Limits).ProfileBytes.ShouldBeGreaterThan(100);
    }

    internal static byte[] Strip(byte[] file)
    {
        var parts = ImageHeader.Read(file, Cutting.Limits).Stripped;
        var stripped = new byte[parts.Length];
        parts.CopyTo(file, stripped);
        return stripped;
    }

    private static byte[] Png(byte[] chunk) => PngFile.Small(chunk);

    private static byte[] Jpeg(byte marker, byte[] data)
    {
        var jpeg = ImageFactory.Jpeg(Photo);
        return [.. jpeg[..2], 0xFF, marker, (byte)(data.Length + 2 >> 8), (byte)(data.Length + 2), .. data, .. jpeg[2..]];
    }
}
