using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging.Edges;

public class GuidedFilterTests
{
    [Theory]
    [InlineData(40, 30)]
    [InlineData(64, 17)]
    [InlineData(5, 50)]
    public void Regression_IsThatOfTheDefinition(int width, int height)
    {
        var random = new Random(7);
        var rgb = new byte[3 * width * height];
        var mask = new byte[width * height];
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = (byte)Math.Clamp(20 * (i % width) - 4 * (i / width) + random.Next(30), 0, 255);
            for (var c = 0; c < 3; c++) rgb[3 * i + c] = (byte)Math.Clamp(mask[i] * (c + 1) / 3 + random.Next(60), 0, 255);
        }

        var grid = EdgeGrid.Of(mask, width, height, rgb);
        var filter = GuidedFilter.Of(grid);

        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var at = y * width + x;
                if (grid.Unsure[at] == 0) continue;
                var (a, fit) = Definition(mask, rgb, width, height, x, y);
                for (var i = 0; i < 4; i++) filter.Coefficients[at][i].ShouldBe((float)a[i], 0.02f, $"{i} at {x}, {y}");
                filter.Trust[at].ShouldBe((float)(grid.Unsure[at] * fit * fit), 0.01f, $"trust at {x}, {y}");
            }
    }

    [Fact]
    public void Mask_OfColoursAlone_IsFoundByThem()
    {
        // A soft edge, exactly as soft in the picture: alpha is what the colours say.
        const int Side = 60;
        var mask = new byte[Side * Side];
        var rgb = new byte[3 * Side * Side];
        for (var i = 0; i < mask.Length; i++)
        {
            mask[i] = (byte)Math.Clamp(255 * (i % Side - 25) / 10, 0, 255);
            (rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]) = ((byte)(255 - mask[i]), mask[i], 80);
        }
        var grid = EdgeGrid.Of(mask, Side, Side, rgb);
        var filter = GuidedFilter.Of(grid);

        var middle = 30 * Side + 30;
        filter.Trust[middle].ShouldBeGreaterThan(0.9f);
        GuidedFilter.Apply(filter.Coefficients[middle], grid.Colours[middle]).ShouldBe(mask[middle] / 255f, 0.01f);
    }

    [Fact]
    public void SureMask_IsTrustedEverywhere_ThatIsNowhereChanged()
    {
        var rgb = new byte[3 * 64 * 64];
        Random.Shared.NextBytes(rgb);
        GuidedFilter.Of(EdgeGrid.Of(Cutting.Solid(255, 64, 64).Values, 64, 64, rgb)).Trust.ShouldAllBe(trust => trust == 0);
    }

    /// <summary>The weighted mean, over the 9 x 9 window, of the weighted regressions in the windows around its pixels (quality.md, step C); a, b and R².</summary>
    private static (double[] A, double Fit) Definition(byte[] mask, byte[] rgb, int width, int height, int x, int y)
    {
        var (sum, all) = (new double[5], 0.0);
        foreach (var (i, j) in Window(width, height, x, y))
        {
            var (n, fit) = Regression(mask, rgb, width, height, i, j);
            all += n;
            for (var k = 0; k < 5; k++) sum[k] += n * fit[k];
        }
        return ([.. sum.Take(4).Select(value => value / all)], sum[4] / all);
    }

    private static (double N, double[] Fit) Regression(byte[] mask, byte[] rgb, int width, int height, int x, int y)
    {
        var samples = Window(width, height, x, y).Select(at => at.Y * width + at.X)
            .Select(i => (P: mask[i] / 255.0, C: new[] { rgb[3 * i] / 255.0, rgb[3 * i + 1] / 255.0, rgb[3 * i + 2] / 255.0 }))
            .Select(s => (s.P, s.C, W: s.P is < 0.05 or > 0.95 ? 1 : 0.2)).ToArray();
        var n = samples.Sum(s => s.W);
        var p = samples.Sum(s => s.W * s.P) / n;
        double[] mean = [.. Enumerable.Range(0, 3).Select(c => samples.Sum(s => s.W * s.C[c]) / n)];
        var system = new double[3, 4];
        double[] withMask = [.. Enumerable.Range(0, 3).Select(c => samples.Sum(s => s.W * (s.C[c] - mean[c]) * (s.P - p)) / n)];
        for (var row = 0; row < 3; row++)
        {
            for (var column = 0; column < 3; column++) system[row, column] = samples.Sum(s => s.W * (s.C[row] - mean[row]) * (s.C[column] - mean[column])) / n + (row == column ? 1e-4 : 0);
            system[row, 3] = withMask[row];
        }
        for (var pivot = 0; pivot < 3; pivot++) // Gauss and Jordan
            for (var row = 0; row < 3; row++)
            {
                if (row == pivot) continue;
                var factor = system[row, pivot] / system[pivot, pivot];
                for (var column = 0; column < 4; column++) system[row, column] -= factor * system[pivot, column];
            }
        double[] a = [.. Enumerable.Range(0, 3).Select(c => system[c, 3] / system[c, c])];
        var variance = samples.Sum(s => s.W * (s.P - p) * (s.P - p)) / n;
        var explained = Math.Clamp(a.Zip(withMask, (one, other) => one * other).Sum() / (variance + 1e-4), 0, 1);
        return (n, [.. a, p - a.Zip(mean, (one, other) => one * other).Sum(), explained]);
    }

    private static IEnumerable<(int X, int Y)> Window(int width, int height, int x, int y) =>
        from j in Enumerable.Range(y - 4, 9)
        where j >= 0 && j < height
        from i in Enumerable.Range(x - 4, 9)
        where i >= 0 && i < width
        select (i, j);
}
