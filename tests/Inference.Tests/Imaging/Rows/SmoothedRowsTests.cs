using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging.Rows;

public class SmoothedRowsTests
{
    [Theory]
    [InlineData(60, 40)]
    [InlineData(5, 30)]
    [InlineData(30, 3)]
    [InlineData(1, 1)]
    public void Rows_AreThoseOfTheReferencesDefinition(int width, int height)
    {
        var random = new Random(7);
        var mask = Cutting.Ellipse(width, height);
        foreach (var i in Enumerable.Range(0, mask.Values.Length / 10)) mask.Values[random.Next(mask.Values.Length)] = (byte)random.Next(256);

        var actual = ResizedRowsTests.All(new SmoothedRows(new MaskRows(mask)));

        var expected = Smoothed(mask);
        // Where the true value is the threshold itself, either side is right.
        for (var i = 0; i < actual.Length; i++)
            if (Math.Abs(expected[i] - 127) > 0.01) actual[i].ShouldBe(expected[i] < 127 ? (byte)0 : (byte)255);
    }

    [Fact]
    public void Speck_IsGoneAndTheOutlineIsBinary()
    {
        var mask = Cutting.Ellipse();
        mask.Values[2 * 64 + 2] = 255;

        var smoothed = ResizedRowsTests.All(new SmoothedRows(new MaskRows(mask)));

        smoothed[2 * 64 + 2].ShouldBe((byte)0);
        smoothed[32 * 64 + 32].ShouldBe((byte)255);
        smoothed.Distinct().Order().ShouldBe([(byte)0, (byte)255]);
    }

    /// <summary>scikit-image's opening(mask, disk(1)), then scipy's gaussian_filter(…, sigma=2), by their definitions.</summary>
    private static double[] Smoothed(Mask mask)
    {
        var (width, height) = (mask.Width, mask.Height);
        double[] Morph(double[] from, Func<double, double, double> pick) => [.. from.Select((here, i) =>
            ((int X, int Y)[])[(1, 0), (-1, 0), (0, 1), (0, -1)]).Select((steps, i) => steps
                .Select(step => (X: i % width + step.X, Y: i / width + step.Y))
                .Where(at => at.X >= 0 && at.X < width && at.Y >= 0 && at.Y < height)
                .Aggregate(from[i], (picked, at) => pick(picked, from[at.Y * width + at.X])))];
        double[] Blur(double[] from, bool across) => [.. from.Select((_, i) =>
        {
            double sum = 0, total = 0;
            for (var k = -8; k <= 8; k++)
            {
                var weight = Math.Exp(-k * k / 8.0);
                var at = across ? i / width * width + Mirror(i % width + k, width) : Mirror(i / width + k, height) * width + i % width;
                sum += weight * from[at];
                total += weight;
            }
            return sum / total;
        })];

        var opened = Morph(Morph([.. mask.Values.Select(value => (double)value)], Math.Min), Math.Max);
        return Blur(Blur(opened, across: true), across: false);
    }

    private static int Mirror(int i, int length)
    {
        while (i < 0 || i >= length) i = i < 0 ? -i - 1 : 2 * length - 1 - i;
        return i;
    }
}
