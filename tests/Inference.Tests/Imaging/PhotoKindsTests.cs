using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>Every kind of file that photographs come in: the cutout has the right size and the right colours.</summary>
[Trait("Category", "Slow")]
public class PhotoKindsTests
{
    private static readonly byte[] Photo = Photos.Astronaut;
    private static readonly Decoded Expected = Decoded.From(ImageFactory.Png(Photo));

    public static TheoryData<ImageFormat, int> Orientations
    {
        get
        {
            var all = new TheoryData<ImageFormat, int>();
            for (var orientation = 1; orientation <= 8; orientation++)
            {
                all.Add(ImageFormat.Png, orientation);
                all.Add(ImageFormat.Jpeg, orientation);
                all.Add(ImageFormat.Webp, orientation);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Orientations))]
    public async Task Orientation_GivesTheSameUprightCutoutAndModelInput(ImageFormat format, int orientation)
    {
        // Not square, so that a wrong turn cannot pass.
        var upright = ImageFactory.Png(Photos.Read("chelsea.png"));
        var turned = ImageFactory.Oriented(format, upright, orientation);
        var tolerance = format == ImageFormat.Jpeg ? 4 : 0;

        Decoded.From(await CutAsync(turned, Ellipse())).DifferenceTo(Decoded.From(await CutAsync(upright, Ellipse()))).ShouldBeLessThanOrEqualTo(tolerance);
        // Lanczos across and then down rounds otherwise than down and then across; JPEG and WebP are shrunk by their decoders first.
        ModelInput(turned, 96, 64).DifferenceTo(ModelInput(upright, 96, 64)).ShouldBeLessThanOrEqualTo(format == ImageFormat.Png ? 0.01 : 2.5);
    }

    public static TheoryData<string, Func<byte[]>, double> Kinds => new()
    {
        { "progressive JPEG", () => ImageFactory.Jpeg(Photo, progressive: true), 3 },
        { "interlaced PNG", () => ImageFactory.Png(Photo, interlaced: true), 0 },
        { "lossless WebP", () => ImageFactory.Webp(Photo), 0 },
        { "lossy WebP", () => ImageFactory.Webp(Photo, lossless: false), 6 },
        { "palette PNG", () => ImageFactory.Make(Photo, image => image.Copy(), image => image.PngsaveBuffer(palette: true, keep: Enums.ForeignKeep.None)), 8 },
        { "16-bit PNG", () => ImageFactory.Make(Photo, image => image.Colourspace(Enums.Interpretation.Rgb16), image => image.PngsaveBuffer(bitdepth: 16, keep: Enums.ForeignKeep.None)), 0.5 },
        { "Display P3 JPEG", () => ImageFactory.Make(Photo, image => image.IccTransform("p3", inputProfile: "srgb"), image => image.JpegsaveBuffer(q: 95, subsampleMode: Enums.ForeignSubsample.Off)), 3 },
        { "Display P3 PNG", () => ImageFactory.Make(Photo, image => image.IccTransform("p3", inputProfile: "srgb"), image => image.PngsaveBuffer()), 1.5 },
        { "damaged profile", () => ImageFactory.Make(Photo, image => image.Mutate(copy => copy.Set(GValue.BlobType, "icc-profile-data", new byte[500])), image => image.PngsaveBuffer()), 0 },
        { "CMYK JPEG with profile", () => ImageFactory.Make(Photo, image => image.IccTransform("cmyk", inputProfile: "srgb"), image => image.JpegsaveBuffer(q: 95)), 12 },
        { "CMYK TIFF", () => ImageFactory.Make(Photo, image => image.IccTransform("cmyk", inputProfile: "srgb"), image => image.TiffsaveBuffer(compression: Enums.ForeignTiffCompression.Lzw)), 12 },
        { "Display P3 PNG of 16 bits", () => ImageFactory.Make(Photo, image => image.IccTransform("p3", inputProfile: "srgb", depth: 16), image => image.PngsaveBuffer(bitdepth: 16)), 1.5 },
        { "Display P3 TIFF of 16 bits", () => ImageFactory.Make(Photo, image => image.IccTransform("p3", inputProfile: "srgb", depth: 16), image => image.TiffsaveBuffer(compression: Enums.ForeignTiffCompression.Deflate)), 1.5 },
        { "Display P3 AVIF", () => ImageFactory.Make(Photo, image => image.IccTransform("p3", inputProfile: "srgb"), image => image.HeifsaveBuffer(q: 95, compression: Enums.ForeignHeifCompression.Av1, effort: 2)), 3 },
        { "CMYK JPEG without", () => ImageFactory.Make(Photo, image => image.IccTransform("cmyk", inputProfile: "srgb"), image => image.JpegsaveBuffer(q: 95, keep: Enums.ForeignKeep.None)), 12 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Kind_KeepsItsColours(string kind, Func<byte[]> make, double tolerance)
    {
        kind.ShouldNotBeEmpty();
        var cutout = Decoded.From(await CutAsync(make(), Solid(255)));

        Rgb(cutout).DifferenceTo(Expected).ShouldBeLessThanOrEqualTo(tolerance);
        cutout.Channel(3).Min().ShouldBe((byte)255);
    }

    [Theory]
    [InlineData("D2B0", 0, false)]
    [InlineData("B2D1", 0, false)]
    [InlineData("A2B0", 0, true)]
    [InlineData("A2B0", 101, false)]
    [InlineData("A2B0", 2, false)] // more tags than bytes
    public void ProfileThatIsAProgram_IsNotApplied(string tag, byte tags, bool applied) =>
        IccProfile.IsApplied([.. new byte[128], 0, 0, 0, tags == 0 ? (byte)1 : tags, .. System.Text.Encoding.ASCII.GetBytes(tag), .. new byte[8]]).ShouldBe(applied);

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(1)]
    public async Task Grey_BecomesColourOfEqualParts(int bits)
    {
        var file = ImageFactory.Make(Photo, image => image.Colourspace(bits == 16 ? Enums.Interpretation.Grey16 : Enums.Interpretation.Bw), image => image.PngsaveBuffer(bitdepth: bits, keep: Enums.ForeignKeep.None));
        var grey = ImageFactory.Make(Photo, image => image.Colourspace(Enums.Interpretation.Bw), image => image.PngsaveBuffer(bitdepth: bits == 1 ? 1 : 8, keep: Enums.ForeignKeep.None));
        var cutout = Decoded.From(await CutAsync(file, Solid(255)));

        cutout.Channel(0).Zip(Decoded.From(grey).Channel(0), (a, b) => Math.Abs(a - b)).Max().ShouldBeLessThanOrEqualTo(1);
        cutout.Channel(0).AsSpan().SequenceEqual(cutout.Channel(1)).ShouldBeTrue();
        cutout.Channel(0).AsSpan().SequenceEqual(cutout.Channel(2)).ShouldBeTrue();
    }

    [Fact]
    public async Task GreyJpeg_IsCutToo()
    {
        var file = ImageFactory.Make(Photo, image => image.Colourspace(Enums.Interpretation.Bw), image => image.JpegsaveBuffer(keep: Enums.ForeignKeep.None));

        var cutout = Decoded.From(await CutAsync(file, Solid(255)));

        (cutout.Width, cutout.Height, cutout.Channels).ShouldBe((512, 512, 4));
        ModelInput(file, 64, 64).Channels.ShouldBe(3);
    }

    public static TheoryData<string, Func<byte[]>> Transparent => new()
    {
        { "RGBA", () => WithAlpha(image => image.PngsaveBuffer(keep: Enums.ForeignKeep.None)) },
        { "RGBA of 16 bits", () => WithAlpha(image => image.Colourspace(Enums.Interpretation.Rgb16).PngsaveBuffer(bitdepth: 16, keep: Enums.ForeignKeep.None)) },
        { "palette with tRNS", () => WithAlpha(image => image.PngsaveBuffer(palette: true, keep: Enums.ForeignKeep.None)) },
        { "WebP", () => WithAlpha(image => image.WebpsaveBuffer(lossless: true, exact: true, keep: Enums.ForeignKeep.None)) },
        { "RGBA with profile", () => WithAlpha(image => image.IccTransform("p3", inputProfile: "srgb").PngsaveBuffer()) },
    };

    [Theory]
    [MemberData(nameof(Transparent))]
    public async Task OwnAlpha_IsMultipliedIntoTheMask(string kind, Func<byte[]> make)
    {
        kind.ShouldNotBeEmpty();
        var file = make();
        ImageHeader.Read(file, Limits).HasAlpha.ShouldBeTrue();

        var opaqueMask = Decoded.From(await CutAsync(file, Solid(255)));
        var halfMask = Decoded.From(await CutAsync(file, Solid(128)));

        ((int)opaqueMask[100, 100, 3]).ShouldBeInRange(98, 102);
        opaqueMask[400, 100, 3].ShouldBe((byte)255);
        ((int)halfMask[100, 100, 3]).ShouldBeInRange(49, 51);
        halfMask[400, 100, 3].ShouldBe((byte)128);
        ModelInput(file, 64, 64).Channels.ShouldBe(3);
    }

    [Theory]
    [InlineData(OutputFormat.Png)]
    [InlineData(OutputFormat.Webp)]
    [InlineData(OutputFormat.Jpg)]
    [InlineData(OutputFormat.Zip)]
    [InlineData(OutputFormat.Avif)]
    public async Task TransparentPhoto_IsWrittenInEveryFormatAndSize(OutputFormat format)
    {
        var file = WithAlpha(image => image.PngsaveBuffer());

        (await CutAsync(file, Ellipse(), new() { Format = format })).Length.ShouldBeGreaterThan(1000);
        (await CutAsync(file, Ellipse(), new() { Format = format, Size = OutputSize.Preview })).Length.ShouldBeGreaterThan(1000);
    }

    [Theory]
    [InlineData(EdgeMode.Clean)]
    [InlineData(EdgeMode.Raw)]
    public async Task OwnAlpha_IsInEveryFormOfTheCutoutsAlpha(EdgeMode edges)
    {
        var file = WithAlpha(image => image.PngsaveBuffer());
        var png = (await DrawAsync(OutputFormat.Png)).Channel(3);
        png.Max().ShouldBe((byte)255);
        png.Count(alpha => alpha == 100).ShouldBeGreaterThan(1000, "the left half of the photograph");

        (await DrawAsync(OutputFormat.Zip)).Channel(0).ShouldBe(png);
        if (edges == EdgeMode.Clean) (await DrawAsync(OutputFormat.Png, OutputChannels.Alpha)).Channel(0).ShouldBe(png);

        async Task<Decoded> DrawAsync(OutputFormat format, OutputChannels channels = OutputChannels.Rgba)
        {
            var options = CutoutOptions.Default with { Format = format, Channels = channels, Edges = edges };
            var bytes = await WriteAsync(CutoutEncoder.Plan(ImageHeader.Read(file, Limits), Ellipse(128, 128), options), file);
            if (format != OutputFormat.Zip) return Decoded.From(bytes);
            using var zip = new System.IO.Compression.ZipArchive(new MemoryStream(bytes));
            using var alpha = new MemoryStream();
            await zip.GetEntry("alpha.png")!.Open().CopyToAsync(alpha);
            return Decoded.From(alpha.ToArray());
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public async Task FrameThatIsSmallerThanTheAnimation_IsInItsPlace(int channels)
    {
        double[] colour = [250, 10, 20, 128];
        using var frame = (Image.Black(20, 10) + colour[..channels]).Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb);
        var file = ImageFactory.AnimatedWebp(40, 30, left: 4, top: 6, frame);

        var cutout = Decoded.From(await CutAsync(file, Solid(255)));
        var input = ModelInput(file, 40, 30);

        (cutout.Width, cutout.Height, cutout.Channels).ShouldBe((40, 30, 4));
        (cutout[3, 6, 3], cutout[24, 6, 3], cutout[4, 5, 3], cutout[4, 16, 3]).ShouldBe(((byte)0, (byte)0, (byte)0, (byte)0));
        foreach (var (x, y) in ((int, int)[])[(4, 6), (23, 15)])
        {
            (cutout[x, y, 0], cutout[x, y, 1], cutout[x, y, 2], cutout[x, y, 3]).ShouldBe(((byte)250, (byte)10, (byte)20, channels == 4 ? (byte)128 : (byte)255));
            input[x, y, 0].ShouldBe((byte)250);
        }
        input[3, 6, 0].ShouldBe((byte)0);
        ImageHeader.Read(file, Limits).Frames.ShouldBe(2);
    }

    [Fact]
    public async Task AnimatedPng_IsItsFirstFrame() =>
        (await CutAsync(PngFile.Animated(3), Solid(255))).ShouldBe(await CutAsync(PngFile.Small(), Solid(255)));

    /// <summary>The photograph with alpha 100 in its left half, 255 in its right one.</summary>
    private static byte[] WithAlpha(Func<Image, byte[]> save) => ImageFactory.Make(Photo, image =>
    {
        var alpha = Image.Black(image.Width, image.Height).Cast(Enums.BandFormat.Uchar);
        var halves = alpha.Linear([1.0], [100.0]).Insert(alpha.Linear([1.0], [255.0]), image.Width / 2, 0).ExtractArea(0, 0, image.Width, image.Height);
        return image.Bandjoin(halves.Cast(Enums.BandFormat.Uchar)).Copy(interpretation: Enums.Interpretation.Srgb);
    }, save);

    private static Decoded Rgb(Decoded rgba)
    {
        var rgb = new byte[rgba.Width * rgba.Height * 3];
        for (var i = 0; i < rgb.Length; i++) rgb[i] = rgba.Pixels[i / 3 * 4 + i % 3];
        return new(rgba.Width, rgba.Height, 3, rgb);
    }
}
