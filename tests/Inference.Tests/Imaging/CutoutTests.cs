using System.IO.Compression;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging;

public class CutoutTests
{
    [Theory]
    [MemberData(nameof(AllPhotos))]
    public async Task ReferenceMask_BecomesTheAlphaOfTheUntouchedPhoto(string name)
    {
        var photo = Decoded.From(Photos.Read(name));
        var mask = Decoded.From(Photos.ReferenceMask(name));

        var cutout = Decoded.From(await CutAsync(Photos.Read(name), new(mask.Width, mask.Height, mask.Pixels)));

        (cutout.Width, cutout.Height, cutout.Channels).ShouldBe((photo.Width, photo.Height, 4));
        cutout.Channel(3).AsSpan().SequenceEqual(mask.Pixels).ShouldBeTrue();
        for (var channel = 0; channel < 3; channel++)
        {
            var expected = photo.Channel(channel).Zip(mask.Pixels, (colour, alpha) => alpha == 0 ? 0 : colour);
            // The rocket is Adobe RGB: rendering intents may differ by a little.
            cutout.Channel(channel).Zip(expected, (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(name == "rocket.jpg" ? 3 : 0);
        }
    }

    [Fact]
    public async Task Zip_HoldsTheUntouchedPixelsAndTheMask()
    {
        var jpeg = ImageFactory.Jpeg(Photos.Astronaut);
        using var zip = new ZipArchive(new MemoryStream(await CutAsync(jpeg, Ellipse(), new() { Format = OutputFormat.Zip })));

        zip.Entries.Select(entry => entry.Name).ShouldBe(["color.jpg", "alpha.png"]);
        Decoded.From(Bytes(zip.Entries[0])).Pixels.AsSpan().SequenceEqual(Decoded.From(jpeg).Pixels).ShouldBeTrue();
        var alpha = Decoded.From(Bytes(zip.Entries[1]));
        (alpha.Width, alpha.Height, alpha.Channels).ShouldBe((512, 512, 1));
        Bytes(zip.Entries[1])[25].ShouldBe((byte)0, "colour type: the Go client of remove.bg reads nothing but grey");
    }

    [Fact]
    public async Task Jpeg_IsTheSubjectOverWhite()
    {
        var cutout = Decoded.From(await CutAsync(Photos.Rocket, Solid(0), new() { Format = OutputFormat.Jpg }));

        cutout.Channels.ShouldBe(3);
        cutout.Pixels.Min().ShouldBeGreaterThanOrEqualTo((byte)254);
    }

    [Fact]
    public async Task Avif_IsTheCutoutAsPngButALittle()
    {
        var png = Decoded.From(await CutAsync(Photos.Astronaut, Solid(128)));
        var file = await CutAsync(Photos.Astronaut, Solid(128), new() { Format = OutputFormat.Avif });

        ImageHeader.Read(file, Limits).Format.ShouldBe(ImageFormat.Avif);
        Decoded.From(file).DifferenceTo(png).ShouldBeLessThanOrEqualTo(4);
        ((int)Decoded.From(file)[5, 5, 3]).ShouldBeInRange(126, 130);
    }

    [Theory]
    [InlineData(OutputFormat.Jpg)]
    [InlineData(OutputFormat.Webp)]
    [InlineData(OutputFormat.Avif)]
    public async Task Quality_DecidesTheBytes(OutputFormat format)
    {
        var least = await CutAsync(Photos.Astronaut, Solid(255), new() { Format = format, Quality = 10 });
        var usual = await CutAsync(Photos.Astronaut, Solid(255), new() { Format = format });
        var most = await CutAsync(Photos.Astronaut, Solid(255), new() { Format = format, Quality = 98 });

        least.Length.ShouldBeLessThan(usual.Length / 2);
        most.Length.ShouldBeGreaterThan(usual.Length * 5 / 4);
    }

    [Fact]
    public async Task AvifOfAMask_IsGrey()
    {
        var mask = Decoded.From(await CutAsync(Photos.Rocket, Ellipse(), new() { Format = OutputFormat.Avif, Channels = OutputChannels.Alpha }));

        (mask.Width, mask.Height).ShouldBe((640, 427));
        ((int)mask[320, 213, 0], (int)mask[2, 2, 0]).ShouldSatisfyAllConditions(ends => ends.Item1.ShouldBeGreaterThan(250), ends => ends.Item2.ShouldBeLessThan(5));
    }

    [Fact]
    public async Task Webp_KeepsTheMaskExactly()
    {
        var mask = Decoded.From(Photos.ReferenceMask("rocket.jpg"));
        var cutout = Decoded.From(await CutAsync(Photos.Rocket, new(mask.Width, mask.Height, mask.Pixels), new() { Format = OutputFormat.Webp }));

        cutout.Channel(3).AsSpan().SequenceEqual(mask.Pixels).ShouldBeTrue();
    }

    [Theory]
    [InlineData(OutputSize.Preview, 250_000)]
    [InlineData(OutputSize.Medium, 1_500_000)]
    public async Task Size_IsAnUpperBoundThatKeepsTheAspectRatio(OutputSize size, int most)
    {
        var cutout = Decoded.From(await CutAsync(Photos.Rocket, Ellipse(), new() { Size = size }));

        (cutout.Width * cutout.Height).ShouldBeLessThanOrEqualTo(Math.Min(most, 640 * 427));
        ((double)cutout.Width / cutout.Height).ShouldBe(640 / 427.0, 0.01);
    }

    public static TheoryData<string> AllPhotos => new(Photos.Names);

    private static byte[] Bytes(ZipArchiveEntry entry)
    {
        using var content = new MemoryStream();
        entry.Open().CopyTo(content);
        return content.ToArray();
    }
}
