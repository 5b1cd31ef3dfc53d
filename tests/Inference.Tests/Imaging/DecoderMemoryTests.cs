using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>What a decoder holds for a small picture of a large file: the model's input.</summary>
public class DecoderMemoryTests
{
    private const long Pixels = 7000 * 7000;
    private static readonly ImageHeader Photo = new(ImageFormat.Jpeg, 7000, 7000) { Length = 100_000 };

    [Fact]
    public void BaselineJpeg_NeverHoldsThePicture() => Bytes(Photo).ShouldBeLessThan(16 << 20);

    [Fact]
    public void ProgressiveJpeg_HoldsItsCoefficients() => Bytes(Photo with { NeedsWholePicture = true }).ShouldBeGreaterThan(Pixels * 6);

    [Fact]
    public void InterlacedPng_HoldsThePicture() =>
        Bytes(Photo with { Format = ImageFormat.Png, NeedsWholePicture = true, HasAlpha = true, Has16Bits = true }).ShouldBeGreaterThan(Pixels * 8);

    [Fact]
    public void LossyWebp_IsShrunkOnItsWay_AndALosslessOneIsNot()
    {
        var webp = Photo with { Format = ImageFormat.Webp, NeedsWholePicture = true };
        Bytes(webp).ShouldBeLessThan(Pixels);
        Bytes(webp with { IsLossless = true }).ShouldBeGreaterThan(Pixels * 4);
    }

    [Fact]
    public void Gif_HoldsThePicture_AndBmpIsReadWhereItLies()
    {
        Bytes(Photo with { Format = ImageFormat.Gif, NeedsWholePicture = true }).ShouldBeGreaterThan(Pixels * 5);
        Bytes(Photo with { Format = ImageFormat.Bmp }).ShouldBeLessThan(16 << 20);
    }

    [Theory]
    [InlineData(ImageFormat.Avif, false, 24)]
    [InlineData(ImageFormat.Avif, true, 32)]
    [InlineData(ImageFormat.Tiff, false, 9)]
    [InlineData(ImageFormat.Tiff, true, 18)]
    public void DecoderThatCannotStream_IsChargedTheWholePicture(ImageFormat format, bool deep, int bytesAPixel) =>
        Bytes(Photo with { Format = format, NeedsWholePicture = true, Has16Bits = deep }).ShouldBeGreaterThanOrEqualTo(Pixels * bytesAPixel);

    [Fact]
    public void Profile_IsThereSeveralTimes() =>
        (Bytes(Photo with { ProfileBytes = 10_000_000 }) - Bytes(Photo)).ShouldBeGreaterThanOrEqualTo(40_000_000);

    private static long Bytes(ImageHeader header) => DecoderMemory.Of(header, 320, 320);
}
