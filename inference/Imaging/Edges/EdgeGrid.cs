using System.Runtime.Intrinsics;

namespace Rembg.Inference.Imaging;

/// <summary>
/// Photograph and mask at the size of the statistics: at most about 512 pixels a side, which gives the same edges as 1024 for a quarter of
/// the time (quality.md, step C). Values 0 to 1, a plane each.
/// </summary>
internal sealed class EdgeGrid
{
    private const int Size = 512;

    /// <summary>A mask between these is unsure; elsewhere it is left as it is.</summary>
    private const byte UnsureFrom = 6, UnsureTo = 249;

    private EdgeGrid(int width, int height) =>
        (Width, Height, Colours, Mask, Unsure) = (width, height, new Vector128<float>[width * height], new float[width * height], new float[width * height]);

    public int Width { get; }
    public int Height { get; }

    /// <summary>Red, green and blue; 1 in the fourth lane.</summary>
    public Vector128<float>[] Colours { get; }
    public float[] Mask { get; }

    /// <summary>Share of unsure pixels in the mask's 3 x 3 box around each: how much may change here.</summary>
    public float[] Unsure { get; }

    public static long Bytes(int maskWidth, int maskHeight)
    {
        var (width, height) = SizeOf(maskWidth, maskHeight);
        return 24L * width * height;
    }

    /// <param name="mask">Cleaned.</param>
    /// <param name="width">Of the mask.</param>
    /// <param name="height">Of the mask.</param>
    /// <param name="rgb">What the mask covers, at its size.</param>
    public static EdgeGrid Of(ReadOnlySpan<byte> mask, int width, int height, ReadOnlySpan<byte> rgb)
    {
        var (gridWidth, gridHeight) = SizeOf(width, height);
        var grid = new EdgeGrid(gridWidth, gridHeight);
        var unsure = UnsureNear(mask, width, height);
        for (var y = 0; y < gridHeight; y++)
        {
            var (top, bottom) = Cell(y, height, gridHeight);
            for (var x = 0; x < gridWidth; x++)
            {
                var (left, right) = Cell(x, width, gridWidth);
                var (red, green, blue, subject, soft) = (0, 0, 0, 0, 0);
                for (var row = top; row < bottom; row++)
                    for (var i = row * width + left; i < row * width + right; i++)
                    {
                        red += rgb[3 * i];
                        green += rgb[3 * i + 1];
                        blue += rgb[3 * i + 2];
                        subject += mask[i];
                        soft += unsure[i];
                    }
                var each = 1f / ((bottom - top) * (right - left));
                var at = y * gridWidth + x;
                grid.Colours[at] = Vector128.Create(red * each / 255, green * each / 255, blue * each / 255, 1);
                grid.Mask[at] = subject * each / 255;
                grid.Unsure[at] = soft * each / 9;
            }
        }
        return grid;
    }

    private static (int Width, int Height) SizeOf(int width, int height)
    {
        var shrink = Math.Max(1, (int)Math.Round(Math.Max(width, height) / (double)Size));
        return ((width + shrink - 1) / shrink, (height + shrink - 1) / shrink);
    }

    private static (int From, int To) Cell(int index, int size, int cells) => ((int)((long)index * size / cells), (int)((long)(index + 1) * size / cells));

    /// <summary>Of the nine pixels around each, how many are unsure.</summary>
    private static byte[] UnsureNear(ReadOnlySpan<byte> mask, int width, int height)
    {
        var across = new byte[mask.Length];
        for (var y = 0; y < height; y++)
        {
            var row = mask.Slice(y * width, width);
            var sums = across.AsSpan(y * width, width);
            for (var x = row.IndexOfAnyInRange(UnsureFrom, UnsureTo); x >= 0 && x < width; x++)
            {
                if (row[x] is < UnsureFrom or > UnsureTo)
                {
                    var next = row[x..].IndexOfAnyInRange(UnsureFrom, UnsureTo);
                    if (next < 0) break;
                    x += next;
                }
                if (x > 0) sums[x - 1]++;
                sums[x]++;
                if (x + 1 < width) sums[x + 1]++;
            }
        }
        var near = new byte[mask.Length];
        for (var y = 0; y < height; y++)
            for (var dy = Math.Max(0, y - 1); dy <= Math.Min(height - 1, y + 1); dy++) Add(across.AsSpan(dy * width, width), near.AsSpan(y * width, width));
        return near;
    }

    private static void Add(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var x = 0;
        for (; x <= from.Length - Vector256<byte>.Count; x += Vector256<byte>.Count) (Vector256.Create(from[x..]) + Vector256.Create<byte>(to[x..])).CopyTo(to[x..]);
        for (; x < from.Length; x++) to[x] += from[x];
    }
}
