using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging;

public class ForegroundTests
{
    [Fact]
    public void Box_IsThatOfTheSubject_OneMaskPixelWider() =>
        Box(Mask(100, 50, (10, 20, 30, 5)), width: 100, height: 50).ShouldBe(new(9, 19, 32, 7));

    [Fact]
    public void Box_IsInPixelsOfTheAnswer() =>
        Box(Mask(100, 50, (10, 20, 30, 5)), width: 250, height: 25).ShouldBe(new(22, 9, 81, 4), "outwards to whole pixels: 22.5 to 102.5, 9.5 to 13");

    [Fact]
    public void Subject_OfSeveralParts_IsOneBox() =>
        Box(Mask(100, 100, (10, 10, 20, 20), (70, 80, 10, 10)), 100, 100).ShouldBe(new(9, 9, 72, 82));

    [Theory]
    [InlineData(9, false)]
    [InlineData(10, true)]
    public void SpeckOfLessThanAThousandth_DoesNotCount(int pixels, bool counts) =>
        Box(Mask(300, 300, (0, 0, 100, 100), (250, 250, pixels, 1)), 300, 300).ShouldBe(counts ? new(0, 0, 261, 252) : new(0, 0, 101, 101));

    [Fact]
    public void PixelsThatTouchAtACorner_AreOneComponent()
    {
        // A thin diagonal of 500 pixels beside a block of 6,000: pixel by pixel each would be a speck.
        var mask = Mask(512, 512, (0, 450, 100, 60));
        for (var i = 0; i < 500; i++) mask.Values[i * 512 + 511 - i] = 255;
        Box(mask, 512, 512).ShouldBe(new(0, 0, 512, 511));
    }

    [Fact]
    public void ShapesThatMeetLater_AreOneComponent()
    {
        // A comb, upside down: its teeth of 5 pixels each are joined in the last row only.
        var mask = Mask(400, 200, (0, 190, 400, 1));
        for (var x = 1; x < 400; x += 2)
            for (var y = 150; y < 190; y++) mask.Values[y * 400 + x] = 255;
        Box(mask, 400, 200).ShouldBe(new(0, 149, 400, 43));
    }

    [Theory]
    [InlineData(25, false)]
    [InlineData(26, true)]
    public void HaloBelowATenth_DoesNotCount(byte halo, bool counts)
    {
        var mask = Solid(halo, 100, 100);
        for (var y = 40; y < 60; y++) mask.Values.AsSpan(y * 100 + 40, 20).Fill(255);
        Box(mask, 100, 100).ShouldBe(counts ? new(0, 0, 100, 100) : new(39, 39, 22, 22));
    }

    [Fact]
    public void SmoothedMask_CountsWhatSmoothingLeaves()
    {
        var options = new CutoutOptions { PostProcessMask = true };
        Box(Solid(126, 100, 100), 640, 427, options).ShouldBe(default);
        Box(Solid(127, 100, 100), 640, 427, options).ShouldBe(new(0, 0, 640, 427));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(25)]
    public void NothingVisible_IsAnEmptyBox(byte alpha) => Box(Solid(alpha), 640, 427).ToString().ShouldBe("0 0 0 0");

    [Fact]
    public void EverythingVisible_IsTheWholePicture() => Box(Solid(255), 640, 427).ToString().ShouldBe("0 0 640 427");

    [Fact]
    public void AnyMask_HasTheBoxThatFloodFillingGives()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var mask = Solid(0, random.Next(1, 80), random.Next(1, 80));
            var density = random.NextDouble();
            for (var i = 0; i < mask.Values.Length; i++) mask.Values[i] = random.NextDouble() < density * density ? (byte)255 : (byte)0;
            Box(mask, mask.Width, mask.Height).ShouldBe(ByFloodFilling(mask), $"round {round}");
        }
    }

    private static Box Box(Mask mask, int width, int height, CutoutOptions? options = null)
    {
        var header = new ImageHeader(ImageFormat.Png, width, height);
        return CutoutEncoder.Plan(header, mask, options ?? CutoutOptions.Default).Foreground;
    }

    private static Mask Mask(int width, int height, params (int Left, int Top, int Width, int Height)[] parts)
    {
        var mask = Solid(0, width, height);
        foreach (var part in parts)
            for (var y = part.Top; y < part.Top + part.Height; y++) mask.Values.AsSpan(y * width + part.Left, part.Width).Fill(255);
        return mask;
    }

    private static Box ByFloodFilling(Mask mask)
    {
        var left = new HashSet<(int X, int Y)>();
        for (var y = 0; y < mask.Height; y++)
            for (var x = 0; x < mask.Width; x++)
                if (mask.Values[y * mask.Width + x] >= 26) left.Add((x, y));
        var components = new List<List<(int X, int Y)>>();
        while (left.Count > 0)
        {
            List<(int X, int Y)> component = [left.First()];
            left.Remove(component[0]);
            for (var i = 0; i < component.Count; i++)
                for (var dy = -1; dy <= 1; dy++)
                    for (var dx = -1; dx <= 1; dx++)
                        if (left.Remove((component[i].X + dx, component[i].Y + dy))) component.Add((component[i].X + dx, component[i].Y + dy));
            components.Add(component);
        }
        if (components.Count == 0) return default;
        var subject = components.Where(component => component.Count * 1000 >= components.Max(other => other.Count)).SelectMany(component => component).ToArray();
        var (fromX, fromY) = (Math.Max(0, subject.Min(p => p.X) - 1), Math.Max(0, subject.Min(p => p.Y) - 1));
        return new(fromX, fromY, Math.Min(mask.Width, subject.Max(p => p.X) + 2) - fromX, Math.Min(mask.Height, subject.Max(p => p.Y) + 2) - fromY);
    }
}
