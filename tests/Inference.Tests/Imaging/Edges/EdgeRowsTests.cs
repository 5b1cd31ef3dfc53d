using Rembg.Testing;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging.Edges;

public class EdgeRowsTests
{
    private const int Width = 240, Height = 160;

    [Fact]
    public async Task OpaquePixels_KeepTheirBytes_AndTransparentOnesAreZero()
    {
        var photo = Photo((x, y) => ((byte)(x * 7), (byte)(y * 5), (byte)(x ^ y)));
        var cutout = await CleanAsync(photo, Cutting.Ellipse(256, 256));

        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
            {
                var pixel = Pixel(cutout, x, y);
                if (pixel[3] == 255) pixel[..3].ShouldBe((byte[])[(byte)(x * 7), (byte)(y * 5), (byte)(x ^ y)], $"{x}, {y}");
                if (pixel[3] == 0) pixel[..3].ShouldBe((byte[])[0, 0, 0], $"{x}, {y}");
            }
        Pixel(cutout, Width / 2, Height / 2)[3].ShouldBe((byte)255);
    }

    [Fact]
    public async Task ConstantPicture_StaysConstant()
    {
        var cutout = await CleanAsync(Photo((_, _) => (200, 30, 90)), Cutting.Ellipse(256, 256));

        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
                if (Pixel(cutout, x, y)[3] > 0) Pixel(cutout, x, y)[..3].ShouldBe((byte[])[200, 30, 90], $"{x}, {y}");
    }

    [Fact]
    public async Task SoftEdge_LosesTheOldBackground()
    {
        // A red disk on green, mixed where it ends. What is half transparent must be red, not brown.
        var mask = Disk();
        var photo = Photo((x, y) =>
        {
            var alpha = Alpha(x, y);
            return ((byte)Math.Round(220 * alpha + 20 * (1 - alpha)), (byte)Math.Round(30 * alpha + 200 * (1 - alpha)), 40);
        });

        var (clean, raw) = (await CleanAsync(photo, mask), await CleanAsync(photo, mask, EdgeMode.Raw));

        Halo(clean).ShouldBeLessThan(0.4 * Halo(raw));
    }

    [Fact]
    public async Task MaskAlone_IsTheAlphaOfTheCutout()
    {
        var cutout = await CleanAsync(Photos.Astronaut, Cutting.Ellipse(256, 256));
        var alpha = Decoded.From(await Cutting.WriteAsync(Plan(Photos.Astronaut, Cutting.Ellipse(256, 256), new() { Channels = OutputChannels.Alpha }), Photos.Astronaut));

        for (var i = 0; i < alpha.Pixels.Length; i++) alpha.Pixels[i].ShouldBe(cutout.Pixels[4 * i + 3]);
    }

    [Fact]
    public async Task CroppedCutout_IsAPartOfTheWholeOne()
    {
        var mask = Cutting.Ellipse(256, 256);
        var whole = await CleanAsync(Photos.Astronaut, mask);
        var plan = Plan(Photos.Astronaut, mask, CutoutOptions.Parse([new("crop", "true")]));
        var cropped = Decoded.From(await Cutting.WriteAsync(plan, Photos.Astronaut));
        var box = Plan(Photos.Astronaut, mask, CutoutOptions.Default).Foreground;

        (cropped.Width, cropped.Height).ShouldBe((box.Width, box.Height));
        for (var y = 0; y < box.Height; y++)
            for (var x = 0; x < box.Width; x++) Pixel(cropped, x, y).ShouldBe(Pixel(whole, box.Left + x, box.Top + y), $"{x}, {y}");
    }

    [Fact]
    public async Task RegionOfInterest_IsWhatTheMapsCover()
    {
        // The same disk in a region twice as large as the mask covers: the edge is refined where it lies, and nowhere else.
        var photo = Photo((x, y) => x >= Width / 2 ? ((byte)220, (byte)30, (byte)40) : ((byte)20, (byte)200, (byte)40));
        var mask = new Mask(64, 64, [.. Enumerable.Range(0, 64 * 64).Select(i => (byte)Math.Clamp((i % 64 - 28) * 32, 0, 254))]);
        var options = CutoutOptions.Parse([new("roi", "60px 40px 180px 120px")]);
        var cutout = Decoded.From(await Cutting.WriteAsync(Plan(photo, mask, options), photo));

        for (var x = 0; x < Width; x++)
        {
            Pixel(cutout, x, 20)[3].ShouldBe((byte)0, $"{x} above the region");
            Pixel(cutout, x, 80)[3].ShouldBe(x is >= 132 and < 180 ? (byte)255 : x is < 108 or >= 180 ? (byte)0 : Pixel(cutout, x, 80)[3], $"{x} in it");
        }
    }

    private static byte[] Pixel(Decoded picture, int x, int y) => picture.Pixels[((y * picture.Width + x) * 4)..((y * picture.Width + x + 1) * 4)];

    private static byte[] Photo(Func<int, int, (byte R, byte G, byte B)> colour)
    {
        var rows = new byte[Height * (1 + 3 * Width)];
        for (var y = 0; y < Height; y++)
            for (var x = 0; x < Width; x++)
            {
                var at = y * (1 + 3 * Width) + 1 + 3 * x;
                (rows[at], rows[at + 1], rows[at + 2]) = colour(x, y);
            }
        return PngFile.Of(PngFile.Header(Width, Height, colour: 2), PngFile.Data(rows), PngFile.End);
    }

    private static double Alpha(int x, int y) => Math.Clamp((50 - Math.Sqrt((x - 120.0) * (x - 120) + (y - 80.0) * (y - 80))) / 6 + 0.5, 0, 1);

    private static Mask Disk() => new(Width, Height, [.. Enumerable.Range(0, Width * Height).Select(i => (byte)(254 * Alpha(i % Width, i / Width)))]);

    /// <summary>How far half-transparent pixels are from red, in the mean.</summary>
    private static double Halo(Decoded cutout) => Enumerable.Range(0, Width * Height).Select(i => Pixel(cutout, i % Width, i / Width))
        .Where(pixel => pixel[3] is > 0 and < 255).Average(pixel => Math.Abs(pixel[0] - 220) + Math.Abs(pixel[1] - 30));

    private static async Task<Decoded> CleanAsync(byte[] photo, Mask mask, EdgeMode edges = EdgeMode.Clean) =>
        Decoded.From(await Cutting.WriteAsync(Plan(photo, mask, new() { Edges = edges }), photo));

    private static CutoutEncoder Plan(byte[] photo, Mask mask, CutoutOptions options) => CutoutEncoder.Plan(ImageHeader.Read(photo, Cutting.Limits), mask, options);
}
