using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging.Layouts;

/// <summary>What is drawn, against ImageSharp: another implementation of resizing, compositing and blurring, which the product does not use.</summary>
public class LayoutOracleTests
{
    private static readonly Mask Subject = Ellipse(512, 512); // of the photograph's size: the mask itself is not resized
    private static readonly byte[] Coffee = Photos.Read("coffee.png"); // without loss: decoders of JPEG differ

    [Theory]
    [InlineData("output_size=300x300&padding=10%")]
    [InlineData("output_size=1400x900&padding=20px")]
    [InlineData("scale=60%&position=0% 100%")]
    [InlineData("crop=true&crop_margin=30px")]
    [InlineData("crop=true&crop_margin=30px&max_width=200")]
    public async Task ScaledSubject_HasTheSameColoursAtItsEdge(string query)
    {
        using var drawn = await DrawAsync(query);
        using var cutout = Cutout();
        // Where it goes is tested elsewhere; these are the pixels.
        var placement = Placement.Of(512, 512, Plan("").Foreground, Parse(query).Layout);
        var (scaled, window, visible) = (placement.Image, placement.Window, placement.Visible);
        cutout.Mutate(image => image.Resize(scaled.Width, scaled.Height, KnownResamplers.Lanczos3).Crop(new(window.Left, window.Top, window.Width, window.Height)));
        drawn.Mutate(image => image.Crop(new(visible.Left, visible.Top, visible.Width, visible.Height)));

        var (difference, pixels) = (0.0, 0);
        for (var y = 0; y < visible.Height; y++)
            for (var x = 0; x < visible.Width; x++)
            {
                var (ours, theirs) = (drawn[x, y], cutout[x, y]);
                if (theirs.A is < 20 or > 235) continue;
                pixels++;
                difference += Math.Abs(ours.A - theirs.A) + Math.Abs(ours.R - theirs.R) + Math.Abs(ours.G - theirs.G) + Math.Abs(ours.B - theirs.B);
            }
        pixels.ShouldBeGreaterThan(1000);
        (difference / pixels / 4).ShouldBeLessThan(3);
    }

    [Theory]
    [InlineData("")]
    [InlineData("output_size=700x300")]
    public async Task BackgroundImage_CoversAsItDoes(string query)
    {
        using var drawn = await DrawAsync(query, Coffee);
        using var subject = await DrawAsync(query);
        using var expected = Image.Load<Rgba32>(Coffee);
        expected.Mutate(image => image
            .Resize(new ResizeOptions { Size = new(drawn.Width, drawn.Height), Mode = ResizeMode.Crop, Sampler = KnownResamplers.Lanczos3 })
            .DrawImage(subject, 1));

        MeanDifference(drawn, expected).ShouldBeLessThan(2);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2)]
    [InlineData(5)]
    public async Task BlurredPhotograph_IsAGaussianOfAllThatIsNotTheSubject(double percent)
    {
        using var drawn = await DrawAsync($"bg_blur={percent}%");
        using var expected = Image.Load<Rgba32>(Photos.Astronaut);
        for (var y = 0; y < 512; y++)
            for (var x = 0; x < 512; x++) expected[x, y] = expected[x, y] with { A = (byte)(255 * Math.Pow(1 - Subject.Values[y * 512 + x] / 255.0, 8)) };
        expected.Mutate(image => image.GaussianBlur((float)(percent / 100 * 512)));

        // Only where the subject does not cover it. Beyond the border ImageSharp sees the border, and we see nothing.
        foreach (var image in (Image<Rgba32>[])[drawn, expected])
        {
            for (var y = 0; y < 512; y++)
                for (var x = 0; x < 512; x++) image[x, y] = Subject.Values[y * 512 + x] == 0 ? image[x, y] with { A = 255 } : default;
            image.Mutate(whole => whole.Crop(new(50, 50, 412, 412)));
        }
        MeanDifference(drawn, expected).ShouldBeLessThan(0.6);
    }

    [Fact]
    public async Task BlurredBackgroundImage_IsAGaussianOfIt()
    {
        using var drawn = await DrawAsync("bg_blur=1%&output_size=700x300", Coffee);
        using var subject = await DrawAsync("output_size=700x300");
        using var expected = Image.Load<Rgba32>(Coffee);
        expected.Mutate(image => image
            .Resize(new ResizeOptions { Size = new(700, 300), Mode = ResizeMode.Crop, Sampler = KnownResamplers.Lanczos3 })
            .GaussianBlur(7).DrawImage(subject, 1));

        MeanDifference(drawn, expected).ShouldBeLessThan(1);
    }

    [Fact]
    public async Task Shadow_IsAGaussianOfTheMovedSubject()
    {
        using var drawn = await DrawAsync("shadow=drop&shadow_opacity=100");
        var box = Plan("").Foreground;
        using var expected = new Image<Rgba32>(512, 512);
        var moved = (int)Math.Round(0.02 * box.Height);
        for (var y = moved; y < 512; y++)
            for (var x = 0; x < 512; x++) expected[x, y] = new(0, 0, 0, Subject.Values[(y - moved) * 512 + x]);
        using var cutout = Cutout();
        expected.Mutate(image => image.GaussianBlur((float)(0.025 * Math.Max(box.Width, box.Height))).DrawImage(cutout, 1));

        MeanDifference(drawn, expected).ShouldBeLessThan(2);
    }

    /// <summary>Of alpha, and of colours weighted by it: nobody sees the others.</summary>
    private static double MeanDifference(Image<Rgba32> one, Image<Rgba32> other)
    {
        (one.Width, one.Height).ShouldBe((other.Width, other.Height));
        var sum = 0.0;
        for (var y = 0; y < one.Height; y++)
            for (var x = 0; x < one.Width; x++)
            {
                var (a, b) = (one[x, y], other[x, y]);
                sum += Math.Abs(a.A - b.A) + (Math.Abs(a.R * a.A - b.R * b.A) + Math.Abs(a.G * a.A - b.G * b.A) + Math.Abs(a.B * a.A - b.B * b.A)) / 255.0;
            }
        return sum / one.Width / one.Height / 4;
    }

    private static Image<Rgba32> Cutout()
    {
        var photo = Image.Load<Rgba32>(Photos.Astronaut);
        for (var y = 0; y < photo.Height; y++)
            for (var x = 0; x < photo.Width; x++) photo[x, y] = photo[x, y] with { A = Subject.Values[y * photo.Width + x] };
        return photo;
    }

    private static CutoutEncoder Plan(string query, byte[]? behind = null) =>
        CutoutEncoder.Plan(ImageHeader.Read(Photos.Astronaut, Limits), Subject, Parse(query) with { Edges = EdgeMode.Raw }, BackgroundLayer.Read(behind ?? [], Limits));

    private static async Task<Image<Rgba32>> DrawAsync(string query, byte[]? behind = null) => Image.Load<Rgba32>(await WriteAsync(Plan(query, behind), Photos.Astronaut));
}
