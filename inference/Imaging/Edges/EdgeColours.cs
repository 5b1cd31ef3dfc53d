using System.Runtime.Intrinsics;

namespace Rembg.Inference.Imaging;

/// <summary>
/// Colours of subject and background in cells of 4 x 4 pixels of the grid, each the mean over its 3 x 3 cells: what the pixels of an edge
/// are mixed from (quality.md, step D). A cell that sees neither takes the colour of larger cells around it.
/// </summary>
internal sealed class EdgeColours
{
    private const int Side = 4;

    /// <summary>From here on a pixel is surely subject; below one minus it, background. Others count a thousandth.</summary>
    private const float Surely = 0.9f, Unsurely = 0.001f;

    /// <summary>Weight of the larger cell's colour.</summary>
    private const float Least = 1e-6f;

    private EdgeColours(int width, Vector128<float>[] subject, Vector128<float>[] background) => (Width, Height, Subject, Background) = (width, subject.Length / width, subject, background);

    public int Width { get; }
    public int Height { get; }

    /// <summary>Red, green and blue, 0 to 1.</summary>
    public Vector128<float>[] Subject { get; }
    public Vector128<float>[] Background { get; }

    public static long Bytes(int maskWidth, int maskHeight) => 64L * (maskWidth / Side + 1) * (maskHeight / Side + 1);

    /// <param name="grid">Colours of the photograph.</param>
    /// <param name="alpha">Refined, 0 to 1, at the size of the grid.</param>
    public static EdgeColours Of(EdgeGrid grid, ReadOnlySpan<float> alpha)
    {
        var (width, height) = ((grid.Width + Side - 1) / Side, (grid.Height + Side - 1) / Side);
        var (subject, background) = (new Vector128<float>[width * height], new Vector128<float>[width * height]);
        for (var y = 0; y < grid.Height; y++)
            for (var x = 0; x < grid.Width; x++)
            {
                var (colour, p) = (grid.Colours[y * grid.Width + x], alpha[y * grid.Width + x]); // the fourth lane, 1, sums the weights
                var cell = y / Side * width + x / Side;
                subject[cell] += colour * (p > Surely ? p : Unsurely * p);
                background[cell] += colour * (p < 1 - Surely ? 1 - p : Unsurely * (1 - p));
            }
        return new(width, Spread(subject, width, height), Spread(background, width, height));
    }

    /// <summary>The mean colours of weighted sums.</summary>
    private static Vector128<float>[] Spread(Vector128<float>[] sums, int width, int height)
    {
        // 1. The same in cells of twice the size.
        var (halfWidth, halfHeight) = ((width + 1) / 2, (height + 1) / 2);
        var larger = new Vector128<float>[halfWidth * halfHeight];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++) larger[y / 2 * halfWidth + x / 2] += sums[y * width + x];
        if (larger.Length > 1) larger = Spread(larger, halfWidth, halfHeight);
        else larger[0] = larger[0][3] > 0 ? larger[0] * (1 / larger[0][3]) : Vector128.Create(0, 0, 0, 1f); // nothing of it anywhere

        // 2. Each cell with those around it.
        var colours = new Vector128<float>[sums.Length];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                var sum = larger[y / 2 * halfWidth + x / 2] * Least;
                for (var row = Math.Max(0, y - 1); row <= Math.Min(height - 1, y + 1); row++)
                    for (var column = Math.Max(0, x - 1); column <= Math.Min(width - 1, x + 1); column++) sum += sums[row * width + column];
                colours[y * width + x] = sum * (1 / sum[3]);
            }
        return colours;
    }
}
