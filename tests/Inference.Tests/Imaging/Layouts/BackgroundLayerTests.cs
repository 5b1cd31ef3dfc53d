using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging.Layouts;

public class BackgroundLayerTests
{
    [Fact]
    public async Task PictureOfTheCanvasSize_IsNotResampled()
    {
        var behind = ImageFactory.Png(Photos.Astronaut);
        var cutout = await DrawAsync(behind, Solid(0));
        cutout.Pixels.ShouldBe(Decoded.From(behind).ToRgba().Pixels);
    }

    [Theory]
    [InlineData(400, 100)]
    [InlineData(4000, 1000)]
    [InlineData(2048, 512)]
    public async Task WidePicture_CoversTheCanvasWithItsMiddle(int width, int height)
    {
        var cutout = await DrawAsync(Stripes(width, height), Solid(0));
        foreach (var (x, y) in new[] { (0, 0), (511, 0), (0, 511), (511, 511), (256, 256) })
            (cutout[x, y, 0], cutout[x, y, 1], cutout[x, y, 2], cutout[x, y, 3]).ShouldBe(((byte)0, (byte)200, (byte)0, (byte)255), $"{x}, {y}");
    }

    [Fact]
    public async Task Subject_LiesOverIt()
    {
        var plain = Decoded.From(await CutAsync(Photos.Astronaut, Ellipse()));
        var cutout = await DrawAsync(Stripes(512, 512), Ellipse());
        for (var channel = 0; channel < 4; channel++) cutout[256, 256, channel].ShouldBe(plain[256, 256, channel]);
        cutout[2, 2, 0].ShouldBe((byte)200);
    }

    [Fact]
    public async Task ItsOwnAlpha_StaysInPngAndLiesOnWhiteInJpeg()
    {
        var behind = ImageFactory.Make(Photos.Astronaut, image => (image * 0 + new double[] { 200, 0, 0 }).Bandjoin(100).Cast(Enums.BandFormat.Uchar).Copy(interpretation: Enums.Interpretation.Srgb), image => image.PngsaveBuffer());
        var png = await DrawAsync(behind, Solid(0));
        (png[9, 9, 0], png[9, 9, 3]).ShouldBe(((byte)200, (byte)100));

        var jpg = await DrawAsync(behind, Solid(0), "format=jpg");
        ((int)jpg[9, 9, 0]).ShouldBeInRange(230, 237); // 200 over 255, 100 of 255
        ((int)jpg[9, 9, 1]).ShouldBeInRange(152, 159);
    }

    [Fact]
    public async Task Shadow_FallsOnIt()
    {
        const string Shadow = "shadow=drop&shadow_opacity=80";
        var shaded = await DrawAsync(Stripes(512, 512), Ellipse(512, 512), Shadow);
        var alone = await DrawAsync([], Ellipse(512, 512), Shadow);
        for (var y = 464; y < 500; y++) // the ellipse ends at 461
        {
            ((double)shaded[256, y, 1]).ShouldBe(200.0 * (255 - alone[256, y, 3]) / 255, 1, $"row {y}");
            shaded[256, y, 3].ShouldBe((byte)255);
        }
        ((int)alone[256, 464, 3]).ShouldBeGreaterThan(15);
        shaded[2, 2, 0].ShouldBe((byte)200);
    }

    [Fact]
    public async Task Zip_HasItInItsColoursAndNothingTransparent()
    {
        var zip = await WriteAsync(Stripes(512, 512), Ellipse(), "format=zip");
        using var archive = new System.IO.Compression.ZipArchive(new MemoryStream(zip));
        var (colours, alpha) = (Entry("color.jpg"), Entry("alpha.png"));
        ((int)colours[20, 20, 0]).ShouldBeInRange(195, 205);
        alpha.Pixels.ShouldAllBe(value => value == 255);

        Decoded Entry(string name)
        {
            using var file = new MemoryStream();
            archive.GetEntry(name)!.Open().CopyTo(file);
            return Decoded.From(file.ToArray());
        }
    }

    [Fact]
    public async Task CroppedCanvas_IsCoveredLikewise()
    {
        var cutout = await DrawAsync(Stripes(1200, 300), Ellipse(), "crop=true&crop_margin=40px");
        (cutout[0, 0, 1], cutout[cutout.Width - 1, cutout.Height - 1, 1]).ShouldBe(((byte)200, (byte)200));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(8)]
    public async Task TurnedPicture_StandsUpright(int orientation)
    {
        var upright = await DrawAsync(ImageFactory.Jpeg(Photos.Astronaut), Solid(0));
        var turned = await DrawAsync(ImageFactory.Oriented(ImageFormat.Jpeg, Photos.Astronaut, orientation), Solid(0));
        turned.DifferenceTo(upright).ShouldBeLessThan(3);
    }

    [Fact]
    public void DamagedPicture_IsFoundBeforeTheAnswerBegins()
    {
        var (cut, broken) = (Photos.Rocket[..(Photos.Rocket.Length / 2)], ImageFactory.Png(Photos.Rocket));
        broken.AsSpan(broken.Length / 2, 1000).Clear();
        foreach (var file in new[] { cut, broken })
        {
            var problem = Should.Throw<ProblemException>(() => BackgroundLayer.Read(file, Limits)!.Check(64, 64, CancellationToken.None)).Problem;
            (problem.Status, problem.Parameter).ShouldBe((422, "bg_image"));
            problem.Detail!.ShouldStartWith("bg_image: ");
        }
    }

    [Fact]
    public void Memory_IsChargedForItsDecoder()
    {
        var (header, options) = (ImageHeader.Read(Photos.Astronaut, Limits), CutoutOptions.Default);
        var progressive = BackgroundLayer.Read(ImageFactory.Jpeg(Photos.Rocket, progressive: true), Limits)!;
        (CutoutEncoder.Plan(header, Solid(255), options, progressive).DecodedBytes - CutoutEncoder.Plan(header, Solid(255), options).DecodedBytes)
            .ShouldBeGreaterThan(6 * 640 * 427, "coefficients of the whole picture");
    }

    private static async Task<Decoded> DrawAsync(byte[] behind, Mask mask, string query = "") => Decoded.From(await WriteAsync(behind, mask, query));

    private static async Task<byte[]> WriteAsync(byte[] behind, Mask mask, string query)
    {
        var header = ImageHeader.Read(Photos.Astronaut, Limits);
        return await Cutting.WriteAsync(CutoutEncoder.Plan(header, mask, Parse(query) with { Edges = EdgeMode.Raw }, BackgroundLayer.Read(behind, Limits)), Photos.Astronaut);
    }

    /// <summary>Red, green, blue, a third each, from left to right; as a lossless file, without a transparent pixel.</summary>
    private static byte[] Stripes(int width, int height)
    {
        using var black = Image.Black(width, height, bands: 3).Copy(interpretation: Enums.Interpretation.Srgb);
        var third = width / 3;
        using var drawn = black.Mutate(image =>
        {
            image.DrawRect([200, 0, 0], 0, 0, third, height, fill: true);
            image.DrawRect([0, 200, 0], third, 0, third, height, fill: true);
            image.DrawRect([0, 0, 200], 2 * third, 0, width - 2 * third, height, fill: true);
        });
        return drawn.PngsaveBuffer();
    }
}
