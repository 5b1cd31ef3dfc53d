using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging.Layouts;

/// <summary>What is drawn, against the same picture without a layout and against libvips' own crop and resize.</summary>
public class LayoutDrawingTests
{
    private static readonly Mask Subject = Ellipse(128, 128);

    [Fact]
    public async Task Crop_IsAPartOfTheWholeCutout()
    {
        var whole = Decoded.From(await CutAsync(Photos.Astronaut, Subject));
        var (cutout, foreground) = await DrawAsync("crop=true&crop_margin=7px");

        foreground.ShouldBe(new(7, 7, cutout.Width - 14, cutout.Height - 14));
        var full = Plan("").Foreground;
        for (var y = 0; y < cutout.Height; y++)
            for (var x = 0; x < cutout.Width; x++)
                for (var channel = 0; channel < 4; channel++)
                    if (cutout[x, y, channel] != whole[x + full.Left - 7, y + full.Top - 7, channel]) throw new ShouldAssertException($"pixel {x}, {y}");
    }

    [Theory]
    [InlineData("scale=40%&position=0% 0%")]
    [InlineData("scale=100%")]
    [InlineData("output_size=1200x900&padding=5%")]
    public async Task ScaledSubject_IsTheResizedCutout(string query)
    {
        var (cutout, foreground) = await DrawAsync(query);
        using var whole = Image.NewFromBuffer(await CutAsync(Photos.Astronaut, Subject));
        var box = Plan("").Foreground;
        using var part = whole.Crop(box.Left, box.Top, box.Width, box.Height).Premultiply();
        using var resized = part.Resize((double)foreground.Width / box.Width, vscale: (double)foreground.Height / box.Height).Unpremultiply().Cast(Enums.BandFormat.Uchar);

        var expected = new Decoded(resized.Width, resized.Height, 4, resized.WriteToMemory<byte>());
        var difference = 0.0;
        for (var y = 2; y < expected.Height - 2; y++)
            for (var x = 2; x < expected.Width - 2; x++)
            {
                difference += Math.Abs(cutout[x + foreground.Left, y + foreground.Top, 3] - expected[x, y, 3]);
                if (expected[x, y, 3] > 250) difference += Math.Abs(cutout[x + foreground.Left, y + foreground.Top, 1] - expected[x, y, 1]);
            }
        (difference / expected.Width / expected.Height).ShouldBeLessThan(3); // half a pixel of shift would be far more
    }

    [Fact]
    public async Task MarginsOutsideTheImage_AreBackground()
    {
        var (cutout, _) = await DrawAsync("crop=true&crop_margin=200px&bg_color=ff0000", mask: Solid(255));

        (cutout[0, 0, 0], cutout[0, 0, 1], cutout[0, 0, 3]).ShouldBe(((byte)255, (byte)0, (byte)255));
        cutout[cutout.Width / 2, cutout.Height / 2, 3].ShouldBe((byte)255);
    }

    [Fact]
    public async Task OutsideTheRegionOfInterest_IsBackground()
    {
        var (cutout, foreground) = await DrawAsync("roi=128px 128px 384px 300px", mask: Solid(255));

        foreground.ShouldBe(new(128, 128, 256, 172));
        cutout[127, 200, 3].ShouldBe((byte)0);
        cutout[128, 200, 3].ShouldBe((byte)255);
        cutout[383, 299, 3].ShouldBe((byte)255);
        cutout[383, 300, 3].ShouldBe((byte)0);
    }

    [Fact]
    public void ModelSeesTheRegionAlone()
    {
        var header = ImageHeader.Read(Photos.Astronaut, Limits);
        var input = new byte[64 * 64 * 3];
        InputImage.Decode(Photos.Astronaut, header, new(128, 64, 256, 256), 64, 64, input, PhotoColours.AsStored);

        using var photo = Image.NewFromBuffer(Photos.Astronaut);
        using var expected = photo.Crop(128, 64, 256, 256).Resize(0.25);
        new Decoded(64, 64, 3, input).DifferenceTo(new(64, 64, 3, expected.Cast(Enums.BandFormat.Uchar).WriteToMemory<byte>())).ShouldBeLessThan(2);
    }

    [Fact]
    public async Task Shadow_LiesUnderTheSubjectAndSoftlyBelowIt()
    {
        var plain = (await DrawAsync("")).Cutout;
        var (cutout, box) = await DrawAsync("shadow=drop&shadow_opacity=80");

        var centre = (X: box.Left + box.Width / 2, Y: box.Top + box.Height / 2);
        for (var channel = 0; channel < 4; channel++) cutout[centre.X, centre.Y, channel].ShouldBe(plain[centre.X, centre.Y, channel]);
        plain[centre.X, box.Bottom + 4, 3].ShouldBe((byte)0);
        cutout[centre.X, box.Bottom + 4, 3].ShouldBeInRange((byte)20, (byte)204);
        cutout[centre.X, box.Bottom + 4, 0].ShouldBe((byte)0);
        cutout[2, 2, 3].ShouldBe((byte)0);
    }

    [Theory]
    [InlineData("format=jpg&crop=true&crop_margin=50px&bg_color=00ff00")]
    [InlineData("format=webp&scale=50%")]
    [InlineData("channels=alpha&crop=true")]
    [InlineData("format=zip&output_size=300x300")]
    [InlineData("format=jpg&shadow=drop&output_size=400x300&padding=20px")]
    [InlineData("post_process_mask=true&crop=true&size=preview")]
    public async Task EveryFormat_HasTheCanvasThatItsHeadersSay(string query)
    {
        var options = Parse(query);
        var encoder = CutoutEncoder.Plan(ImageHeader.Read(Photos.Astronaut, Limits), Subject, options);
        var bytes = await WriteAsync(encoder, Photos.Astronaut);
        foreach (var file in options.Format == OutputFormat.Zip ? Entries(bytes) : [bytes])
        {
            var picture = Decoded.From(file);
            (picture.Width, picture.Height).ShouldBe((encoder.Width, encoder.Height));
        }
    }

    private static IEnumerable<byte[]> Entries(byte[] zip)
    {
        using var archive = new System.IO.Compression.ZipArchive(new MemoryStream(zip));
        foreach (var entry in archive.Entries)
        {
            using var stream = entry.Open();
            using var file = new MemoryStream();
            stream.CopyTo(file);
            yield return file.ToArray();
        }
    }

    private static CutoutEncoder Plan(string query) => CutoutEncoder.Plan(ImageHeader.Read(Photos.Astronaut, Limits), Subject, Parse(query));

    private static async Task<(Decoded Cutout, Box Foreground)> DrawAsync(string query, Mask? mask = null)
    {
        var encoder = CutoutEncoder.Plan(ImageHeader.Read(Photos.Astronaut, Limits), mask ?? Subject, Parse(query) with { Edges = EdgeMode.Raw });
        return (Decoded.From(await WriteAsync(encoder, Photos.Astronaut)), encoder.Foreground);
    }
}
