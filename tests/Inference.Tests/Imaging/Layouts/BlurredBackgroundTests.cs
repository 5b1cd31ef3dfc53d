using System.IO.Compression;
using NetVips;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging.Layouts;

public class BlurredBackgroundTests
{
    private static readonly Mask Subject = Ellipse(512, 512);

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public async Task Subject_LeavesNoHaloInItsSurroundings(double percent)
    {
        // White on black, with a soft edge that is white and black mixed. Without weights, a half of the white would stand beside it.
        var photo = Drawn((x, y) => (Subject.Values[y * 512 + x], Subject.Values[y * 512 + x], Subject.Values[y * 512 + x]));

        var drawn = Decoded.From(await DrawAsync(photo, $"bg_blur={percent}%"));

        for (var y = 0; y < 512; y++)
            for (var x = 0; x < 512; x++)
                if (Subject.Values[y * 512 + x] == 0) drawn[x, y, 0].ShouldBeLessThan((byte)20, $"{x}, {y}");
    }

    [Fact]
    public async Task CanvasLargerThanThePhoto_GoesOnWithItsBorder()
    {
        var photo = Drawn((x, _) => x < 256 ? ((byte)200, (byte)10, (byte)10) : ((byte)10, (byte)10, (byte)200));

        var drawn = Decoded.From(await DrawAsync(photo, "bg_blur=1%&output_size=1200x600"));

        drawn.Channels.ShouldBe(4);
        Pixel(drawn, 0, 0).ShouldBe(((byte)200, (byte)10, (byte)10, (byte)255));
        Pixel(drawn, 1199, 599).ShouldBe(((byte)10, (byte)10, (byte)200, (byte)255));
    }

    [Fact]
    public async Task Crop_ShowsTheSamePartOfTheBlur()
    {
        var whole = Decoded.From(await DrawAsync(Photos.Astronaut, "bg_blur=2%"));
        var part = Decoded.From(await DrawAsync(Photos.Astronaut, "bg_blur=2%&crop=true&crop_margin=10px"));
        var at = CutoutEncoder.Plan(ImageHeader.Read(Photos.Astronaut, Limits), Subject, Parse("")).Foreground;

        Pixel(part, 0, 0).ShouldBe(Pixel(whole, at.Left - 10, at.Top - 10));
        Pixel(part, part.Width - 1, part.Height - 1).ShouldBe(Pixel(whole, at.Right + 9, at.Bottom + 9));
    }

    [Theory]
    [InlineData("format=jpg")]
    [InlineData("format=webp")]
    [InlineData("shadow=drop")]
    [InlineData("roi=0% 0% 50% 50%")]
    [InlineData("edges=raw&output_size=3x2000")]
    public async Task WithOtherOptions_EveryPixelIsOpaque(string query)
    {
        var drawn = Decoded.From(await DrawAsync(Photos.Astronaut, "bg_blur=1%&" + query));

        if (drawn.Channels == 4) drawn.Pixels.Where((_, i) => i % 4 == 3).ShouldAllBe(alpha => alpha == 255);
    }

    [Fact]
    public async Task Zip_HasTheBlurInItsColours()
    {
        using var zip = new ZipArchive(new MemoryStream(await DrawAsync(Photos.Astronaut, "bg_blur=2%&format=zip")));
        var expected = Decoded.From(await DrawAsync(Photos.Astronaut, "bg_blur=2%&format=jpg"));

        Decoded.From(Entry("alpha.png")).Pixels.ShouldAllBe(alpha => alpha == 255);
        Decoded.From(Entry("color.jpg")).Pixels.ShouldBe(expected.Pixels);

        byte[] Entry(string name)
        {
            using var bytes = new MemoryStream();
            zip.GetEntry(name)!.Open().CopyTo(bytes);
            return bytes.ToArray();
        }
    }

    [Fact]
    public async Task TransparentPartOfThePhoto_IsWhiteAndNotWhatItHides()
    {
        var pixels = new byte[512 * 512 * 4];
        for (var i = 0; i < pixels.Length; i += 4) (pixels[i], pixels[i + 3]) = (255, i < pixels.Length / 2 ? byte.MaxValue : byte.MinValue); // red, the lower half of it hidden
        using var image = Image.NewFromMemory(pixels, 512, 512, bands: 4, Enums.BandFormat.Uchar);

        var drawn = Decoded.From(await DrawAsync(image.PngsaveBuffer(), "bg_blur=1%"));

        Pixel(drawn, 0, 0).ShouldBe(((byte)255, (byte)0, (byte)0, (byte)255));
        Pixel(drawn, 0, 511).ShouldBe(((byte)255, (byte)255, (byte)255, (byte)255));
    }

    [Fact]
    public async Task PhotoThatIsAllSubject_StillHasColours()
    {
        var cutout = CutoutEncoder.Plan(ImageHeader.Read(Photos.Astronaut, Limits), Solid(255), Parse("bg_blur=5%"));

        Decoded.From(await WriteAsync(cutout, Photos.Astronaut)).Pixels.ShouldBe(Decoded.From(await DrawAsync(Photos.Astronaut, "", Solid(255))).Pixels);
    }

    private static byte[] Drawn(Func<int, int, (byte Red, byte Green, byte Blue)> colour)
    {
        var pixels = new byte[512 * 512 * 3];
        for (var i = 0; i < 512 * 512; i++) (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = colour(i % 512, i / 512);
        using var image = Image.NewFromMemory(pixels, 512, 512, bands: 3, Enums.BandFormat.Uchar);
        return image.PngsaveBuffer();
    }

    private static (byte, byte, byte, byte) Pixel(Decoded picture, int x, int y)
    {
        var at = (y * picture.Width + x) * 4;
        return (picture.Pixels[at], picture.Pixels[at + 1], picture.Pixels[at + 2], picture.Pixels[at + 3]);
    }

    private static Task<byte[]> DrawAsync(byte[] photo, string query, Mask? mask = null) =>
        WriteAsync(CutoutEncoder.Plan(ImageHeader.Read(photo, Limits), mask ?? Subject, Parse(query)), photo);
}
