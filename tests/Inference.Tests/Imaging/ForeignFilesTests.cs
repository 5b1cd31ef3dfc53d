using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>Files that encoders which are not ours have written, against what decoders which are not ours read: see tests/photos/formats/README.md.</summary>
public class ForeignFilesTests
{
    [Theory]
    [InlineData("still.gif", ImageFormat.Gif, 0)]
    [InlineData("interlaced.gif", ImageFormat.Gif, 0)]
    [InlineData("frames.gif", ImageFormat.Gif, 0)]
    [InlineData("clear.gif", ImageFormat.Gif, 0)]
    [InlineData("part.gif", ImageFormat.Gif, 0)]
    [InlineData("still.avif", ImageFormat.Avif, 0.5)]
    [InlineData("deep.avif", ImageFormat.Avif, 1)] // 10 bits, 4:2:0
    [InlineData("twelve.avif", ImageFormat.Avif, 1)]
    [InlineData("turned.avif", ImageFormat.Avif, 0.5)]
    [InlineData("mirrored.avif", ImageFormat.Avif, 0.5)]
    [InlineData("clear.avif", ImageFormat.Avif, 0.5)]
    [InlineData("grey.avif", ImageFormat.Avif, 0.5)]
    [InlineData("lzw.tif", ImageFormat.Tiff, 0)]
    [InlineData("zip.tif", ImageFormat.Tiff, 0)] // big-endian, with a predictor
    [InlineData("planes.tif", ImageFormat.Tiff, 0)] // PackBits
    [InlineData("tiles.tif", ImageFormat.Tiff, 0)]
    [InlineData("deep.tif", ImageFormat.Tiff, 0)]
    [InlineData("palette.tif", ImageFormat.Tiff, 0)]
    [InlineData("mono.tif", ImageFormat.Tiff, 0)]
    [InlineData("white.tif", ImageFormat.Tiff, 0)]
    [InlineData("clear.tif", ImageFormat.Tiff, 0)]
    [InlineData("associated.tif", ImageFormat.Tiff, 1)]
    [InlineData("pages.tif", ImageFormat.Tiff, 0)]
    [InlineData("orient.tif", ImageFormat.Tiff, 0)]
    [InlineData("24.bmp", ImageFormat.Bmp, 0)]
    [InlineData("565.bmp", ImageFormat.Bmp, 0.6)] // some round 5 bits to 8, some cut off
    [InlineData("8.bmp", ImageFormat.Bmp, 0)]
    [InlineData("4.bmp", ImageFormat.Bmp, 0)]
    [InlineData("1.bmp", ImageFormat.Bmp, 0)]
    [InlineData("alpha.bmp", ImageFormat.Bmp, 0)]
    public async Task File_HasTheColoursAndTransparencyThatOthersSee(string name, ImageFormat format, double tolerance)
    {
        var file = Photos.Read($"formats/{name}");
        var expected = Decoded.From(Reference(name)).ToRgba();

        var cutout = Decoded.From(await CutAsync(file, Solid(255)));

        ImageHeader.Read(file, Limits).Format.ShouldBe(format);
        cutout.WithoutHiddenColours().DifferenceTo(expected.WithoutHiddenColours()).ShouldBeLessThanOrEqualTo(tolerance);
    }

    [Theory]
    [InlineData("still.gif")]
    [InlineData("lzw.tif")]
    [InlineData("24.bmp")]
    [InlineData("alpha.bmp")]
    public void File_GivesTheModelWhatItsPngGives(string name)
    {
        var input = ModelInput(Photos.Read($"formats/{name}"), 48, 40);

        input.DifferenceTo(ModelInput(Reference(name), 48, 40)).ShouldBeLessThanOrEqualTo(0.01);
    }

    [Fact]
    public void AnimatedGif_SaysHowManyFramesItHas() => ImageHeader.Read(Photos.Read("formats/frames.gif"), Limits).Frames.ShouldBe(2);

    [Theory]
    [InlineData("rle.bmp")]
    [InlineData("jpeg.tif")]
    [InlineData("tiles.avif")]
    [InlineData("cropped.avif")]
    [InlineData("hdr.avif")]
    public void KindThatIsNotSupported_IsRefusedWithAReason(string name) => Refused(name).ShouldBe((422, "undecodable_image"));

    [Fact]
    public void Heic_IsRefusedWithAdvice()
    {
        Refused("photo.heic").ShouldBe((415, "unsupported_format"));
        InputFormat.Unsupported(Photos.Read("formats/photo.heic")).Detail.ShouldNotBeNull().ShouldContain("Convert it to JPEG");
    }

    private static (int Status, string Code) Refused(string name)
    {
        var problem = Should.Throw<ProblemException>(() => ImageHeader.Read(Photos.Read($"formats/{name}"), Limits)).Problem;
        return (problem.Status, problem.Code);
    }

    private static byte[] Reference(string name) => Photos.Read(File.Exists(Photos.Path($"formats/{name}.png")) ? $"formats/{name}.png" : "formats/small.png");
}
