using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging.Edges;

public class CleanedMaskTests
{
    [Fact]
    public void InsideAndOutside_BecomeWhole()
    {
        var mask = Half(inside: 250, outside: 5);
        var cleaned = CleanedMask.Of(mask);

        cleaned[100 * 256 + 20].ShouldBe((byte)255);
        cleaned[100 * 256 + 230].ShouldBe((byte)0);
    }

    [Fact]
    public void Edge_KeepsItsValues()
    {
        var mask = Half(inside: 254, outside: 0);
        for (var y = 0; y < 256; y++) mask.Values[y * 256 + 128] = 100;

        CleanedMask.Of(mask)[100 * 256 + 128].ShouldBe((byte)100);
    }

    [Fact]
    public void FaintSubjectAlone_Stays() => CleanedMask.Of(Cutting.Solid(120, 64, 64)).ShouldAllBe(value => value == 120);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 200)]
    [InlineData(200, 3)]
    [InlineData(97, 61)]
    [InlineData(1024, 40)]
    public void Values_AreThoseOfTheDefinition(int width, int height)
    {
        var mask = new Mask(width, height, new byte[width * height]);
        var random = new Random(width);
        // Blocks, so that whole windows lie on either side of the thresholds.
        var levels = Enumerable.Range(0, 4096).Select(_ => (byte)(random.Next(3) switch { 0 => random.Next(40), 1 => 170 + random.Next(86), _ => random.Next(256) })).ToArray();
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) mask.Values[y * width + x] = levels[(y / 12 * 64 + x / 12) % 4096];

        CleanedMask.Of(mask).ShouldBe(Definition(mask));
    }

    /// <summary>Steps A and B of quality.md, pixel by pixel.</summary>
    private static byte[] Definition(Mask mask)
    {
        var (w, h, scale) = (mask.Width, mask.Height, Math.Max(mask.Width, mask.Height) / 1024.0);
        var (window, box) = (Math.Max(1, (int)Math.Round(8 * scale)), Math.Clamp((int)Math.Round(2 * scale), 1, 2));
        var v = mask.Values.Select(value => Math.Min(255, (int)Math.Round(value * 255 / 254.0, MidpointRounding.AwayFromZero))).ToArray();
        IEnumerable<int> Around(int[] from, int x, int y, int radius, bool repeat)
        {
            for (var j = y - radius; j <= y + radius; j++)
                for (var i = x - radius; i <= x + radius; i++)
                    if (repeat || (i >= 0 && j >= 0 && i < w && j < h)) yield return from[Math.Clamp(j, 0, h - 1) * w + Math.Clamp(i, 0, w - 1)];
        }
        int[] Each(Func<int, int, int> of) => [.. Enumerable.Range(0, w * h).Select(i => of(i % w, i / w))];
        var fill = Each((x, y) => Math.Clamp(Around(v, x, y, window, false).Min() - 200, 0, 40));
        var empty = Each((x, y) => Math.Clamp(32 - Around(v, x, y, window, false).Max(), 0, 16));
        return [.. Each((x, y) =>
        {
            var value = v[y * w + x];
            value += (int)Math.Floor((255 - value) * Around(fill, x, y, box, true).Average() / 40 + 0.5);
            return value - (int)Math.Floor(value * Around(empty, x, y, box, true).Average() / 16 + 0.5);
        }).Select(value => (byte)value)];
    }

    private static Mask Half(byte inside, byte outside) =>
        new(256, 256, [.. Enumerable.Range(0, 256 * 256).Select(i => i % 256 < 128 ? inside : outside)]);
}
