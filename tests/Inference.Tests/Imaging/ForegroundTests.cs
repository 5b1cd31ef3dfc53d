using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging;

public class ForegroundTests
{
    [Theory]
    [InlineData(OutputSize.Full, false)]
    [InlineData(OutputSize.Preview, false)]
    [InlineData(OutputSize.Full, true)]
    public async Task Box_IsExactlyThatOfTheAnswersAlpha(OutputSize size, bool smoothed)
    {
        var random = new Random(11);
        for (var round = 0; round < 6; round++)
        {
            // A soft-edged patch anywhere in a mask of another size than the photo's.
            var mask = Solid(0, 97, 61);
            var (left, top) = (random.Next(90), random.Next(55));
            for (var y = top; y < Math.Min(61, top + random.Next(5, 40)); y++)
                for (var x = left; x < Math.Min(97, left + random.Next(5, 60)); x++) mask.Values[y * 97 + x] = (byte)random.Next(1, 256);
            var cutout = CutoutEncoder.Plan(ImageHeader.Read(Photos.Rocket, Limits), mask, new() { Size = size, Channels = OutputChannels.Alpha, PostProcessMask = smoothed });

            var alpha = Decoded.From(await WriteAsync(cutout, Photos.Rocket));

            cutout.Foreground.ShouldBe(BoxOf(alpha));
            (cutout.Width, cutout.Height).ShouldBe((alpha.Width, alpha.Height));
        }
    }

    [Fact]
    public void NothingVisible_IsAnEmptyBox() =>
        CutoutEncoder.Plan(ImageHeader.Read(Photos.Rocket, Limits), Solid(0), CutoutOptions.Default).Foreground.ToString().ShouldBe("0 0 0 0");

    [Fact]
    public void EverythingVisible_IsTheWholePicture() =>
        CutoutEncoder.Plan(ImageHeader.Read(Photos.Rocket, Limits), Solid(255), CutoutOptions.Default).Foreground.ToString().ShouldBe("0 0 640 427");

    private static Foreground BoxOf(Decoded alpha)
    {
        var visible = Enumerable.Range(0, alpha.Pixels.Length).Where(i => alpha.Pixels[i] > 0).ToArray();
        if (visible.Length == 0) return default;
        var (left, right) = (visible.Min(i => i % alpha.Width), visible.Max(i => i % alpha.Width));
        var (top, bottom) = (visible[0] / alpha.Width, visible[^1] / alpha.Width);
        return new(left, top, right - left + 1, bottom - top + 1);
    }
}
