using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging;

public class CutoutMemoryTests
{
    private static readonly CutoutOptions MaskAlone = new() { Channels = OutputChannels.Alpha, Edges = EdgeMode.Raw };
    private static readonly ImageHeader Photo = new(ImageFormat.Jpeg, 4000, 3000) { Length = 3_000_000 };

    [Fact]
    public void BaselineJpegToPng_NeverHoldsThePicture() => Bytes(Photo, new() { Edges = EdgeMode.Raw }).ShouldBeLessThan(4000 * 3000 * 3 / 2);

    [Fact]
    public void CleanEdges_HoldMapsOfAFixedSize() =>
        (Bytes(Photo, new()) - Bytes(Photo, new() { Edges = EdgeMode.Raw })).ShouldBe(Bytes(Photo with { Width = 40, Height = 30 }, new()) - Bytes(Photo with { Width = 40, Height = 30 }, new() { Edges = EdgeMode.Raw }));

    [Fact]
    public void BlurredBackground_HoldsAPictureOfAFixedSize() =>
        (Bytes(Photo, new() { BackgroundBlur = 1 }) - Bytes(Photo, new())).ShouldBe(Bytes(Photo with { Width = 40, Height = 30 }, new() { BackgroundBlur = 1 }) - Bytes(Photo with { Width = 40, Height = 30 }, new()));

    [Fact]
    public void MaskAlone_DoesNotDependOnThePhotosCoding() =>
        Bytes(Photo, MaskAlone).ShouldBe(Bytes(Photo with { NeedsWholePicture = true, Orientation = 6 }, MaskAlone, 4000, 3000));

    [Fact]
    public void ProgressiveJpeg_HoldsItsCoefficients() =>
        (Bytes(Photo with { NeedsWholePicture = true }, new()) - Bytes(Photo, new())).ShouldBe(4000 * 3000 * 6);

    [Fact]
    public void TurnedPhoto_HoldsTheTurnedPicture() =>
        Bytes(Photo with { Orientation = 6 }, new()).ShouldBeGreaterThan(4000 * 3000 * 3);

    [Theory]
    [InlineData(OutputFormat.Webp)]
    [InlineData(OutputFormat.Jpg)]
    [InlineData(OutputFormat.Avif)]
    public void EncoderThatTakesNoRows_HoldsThePicture(OutputFormat format) =>
        Bytes(Photo, new() { Format = format }).ShouldBeGreaterThan(4000 * 3000 * 3);

    private static long Bytes(ImageHeader header, CutoutOptions options, int? width = null, int? height = null) =>
        CutoutMemory.Of(header, options, width ?? header.UprightWidth, height ?? header.UprightHeight, (width ?? header.UprightWidth, height ?? header.UprightHeight), 1024, 1024);
}
