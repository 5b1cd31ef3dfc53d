using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Rembg.Inference.Imaging;

/// <summary>
/// Says for each place of the grid how the photograph's colour decides the alpha there: q = a·C + b, the weighted linear regression of the
/// mask on the colours around it (He, Sun and Tang, Guided Image Filtering, 2010), and how far to trust it. Only where the mask is unsure.
/// </summary>
internal sealed class GuidedFilter
{
    /// <summary>Half width of the window, and the regulariser of its covariance (values 0 to 1).</summary>
    private const int Radius = 4, Window = 2 * Radius + 1;
    private const float Epsilon = 1e-4f;

    /// <summary>Weight of a pixel whose mask is unsure; sure ones have 1.</summary>
    private const float UnsureWeight = 0.2f, Sure = 0.05f;

    /// <summary>Planes of the first pass: weight w, w·C (3), w·p, w·C·C (6), w·C·p (3), w·p·p. Of the second: n, n·a (3), n·b, n·R².</summary>
    private const int Moments = 15, Fits = 6;

    private readonly EdgeGrid _grid;

    /// <summary>Of a row: samples in vectors of eight, with zeros for the window around them.</summary>
    private readonly int _stride;
    private readonly float[] _plane;
    private readonly float[] _moments, _fits; // rings of rows, summed across

    /// <summary>Blocks of eight columns whose coefficients are wanted (what is unsure and its neighbours, between which they are interpolated), and whose fits are.</summary>
    private readonly bool[] _wanted, _fitted;
    private int _nextMoments, _nextFits;

    private GuidedFilter(EdgeGrid grid)
    {
        _grid = grid;
        _stride = (grid.Width + 7) / 8 * 8;
        _plane = new float[_stride + 2 * Window];
        (_moments, _fits) = (new float[Window * Moments * _stride], new float[Window * Fits * _stride]);
        (_wanted, _fitted) = (BlocksNear(1), BlocksNear(1 + Radius));
        (Coefficients, Trust) = (new Vector128<float>[grid.Width * grid.Height], new float[grid.Width * grid.Height]);
    }

    /// <summary>a for red, green and blue, and b; zero far from anything unsure.</summary>
    public Vector128<float>[] Coefficients { get; }

    /// <summary>From 0, the mask stays, to 1, alpha is q: the share of unsure pixels times the fourth power of the regression's correlation.</summary>
    public float[] Trust { get; }

    public static long Bytes(int maskWidth, int maskHeight) => EdgeGrid.Bytes(maskWidth, maskHeight) + (Window * (Moments + Fits) * 4L * (maskWidth + 8));

    /// <summary>a·C + b, added in the same order on every processor.</summary>
    /// <param name="coefficients">a and b.</param>
    /// <param name="colour">C, and 1.</param>
    public static float Apply(Vector128<float> coefficients, Vector128<float> colour)
    {
        var product = coefficients * colour;
        return product[0] + product[1] + (product[2] + product[3]);
    }

    /// <summary>Leaves every mask as it is.</summary>
    public static GuidedFilter None(EdgeGrid grid) => new(grid);

    public static GuidedFilter Of(EdgeGrid grid)
    {
        var filter = new GuidedFilter(grid);
        for (var y = 0; y < grid.Height; y++)
            if (filter.Blocks(filter._wanted, y).Contains(true)) filter.Row(y);
        return filter;
    }

    /// <summary>Blocks of eight columns in which something within so many pixels is unsure, row after row.</summary>
    private bool[] BlocksNear(int reach)
    {
        var blocks = _stride / 8;
        var near = new bool[_grid.Height * blocks];
        for (var y = 0; y < _grid.Height; y++)
        {
            var unsure = _grid.Unsure.AsSpan(y * _grid.Width, _grid.Width);
            for (var x = unsure.IndexOfAnyExcept(0f); x >= 0 && x < unsure.Length; x++)
            {
                if (unsure[x] == 0) continue;
                var (left, right) = (Math.Max(0, x - reach) / 8, Math.Min(_grid.Width - 1, x + reach) / 8);
                for (var row = Math.Max(0, y - reach); row <= Math.Min(_grid.Height - 1, y + reach); row++)
                    for (var block = left; block <= right; block++) near[row * blocks + block] = true;
            }
        }
        return near;
    }

    /// <summary>The mean of the fits in the window around each pixel of a row, weighted as their windows were.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Row(int y)
    {
        var (top, bottom) = (Math.Max(0, y - Radius), Math.Min(_grid.Height - 1, y + Radius));
        for (_nextFits = Math.Max(_nextFits, top); _nextFits <= bottom; _nextFits++) Fit(_nextFits);

        Span<float> sums = stackalloc float[Fits * 8];
        var wanted = Blocks(_wanted, y);
        for (var x = 0; x < _grid.Width; x += 8)
        {
            if (!wanted[x / 8]) continue;
            for (var plane = 0; plane < Fits; plane++) Down(_fits, Fits, plane, top, bottom, x).CopyTo(sums[(8 * plane)..]);
            var each = Vector256<float>.One / Vector256.Create<float>(sums);
            for (var i = 0; i < Math.Min(8, _grid.Width - x); i++)
            {
                var at = y * _grid.Width + x + i;
                var fit = each[i] * sums[40 + i];
                Coefficients[at] = Vector128.Create(sums[8 + i], sums[16 + i], sums[24 + i], sums[32 + i]) * each[i];
                Trust[at] = _grid.Unsure[at] * fit * fit;
            }
        }
    }

    /// <summary>The regression in the window around each pixel of a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Fit(int y)
    {
        var (top, bottom) = (Math.Max(0, y - Radius), Math.Min(_grid.Height - 1, y + Radius));
        for (_nextMoments = Math.Max(_nextMoments, top); _nextMoments <= bottom; _nextMoments++) Multiply(_nextMoments);

        var rows = new float[Fits * _stride];
        var fitted = Blocks(_fitted, y);
        for (var x = 0; x < _stride; x += 8)
        {
            if (!fitted[x / 8]) continue;
            Vector256<float> Sum(int plane) => Down(_moments, Moments, plane, top, bottom, x);

            // 1. Means and covariances.
            var n = Sum(0);
            var each = Vector256<float>.One / Vector256.Max(n, Vector256.Create(1e-6f)); // beyond the row's end there is nothing
            var (r, g, b, p) = (Sum(1) * each, Sum(2) * each, Sum(3) * each, Sum(4) * each);
            var epsilon = Vector256.Create(Epsilon);
            var (rr, rg, rb) = (Sum(5) * each - r * r + epsilon, Sum(6) * each - r * g, Sum(7) * each - r * b);
            var (gg, gb, bb) = (Sum(8) * each - g * g + epsilon, Sum(9) * each - g * b, Sum(10) * each - b * b + epsilon);
            var (rp, gp, bp) = (Sum(11) * each - r * p, Sum(12) * each - g * p, Sum(13) * each - b * p);
            var pp = Sum(14) * each - p * p;

            // 2. a = (covariance + epsilon)⁻¹ · covariance with the mask, by the adjugate.
            var (c0, c1, c2) = (gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg);
            var scale = Vector256<float>.One / (rr * c0 + rg * c1 + rb * c2);
            var ar = (c0 * rp + c1 * gp + c2 * bp) * scale;
            var ag = (c1 * rp + (rr * bb - rb * rb) * gp + (rb * rg - rr * gb) * bp) * scale;
            var ab = (c2 * rp + (rb * rg - rr * gb) * gp + (rr * gg - rg * rg) * bp) * scale;

            // 3. b, and how much of the mask's variance that explains.
            var offset = p - ar * r - ag * g - ab * b;
            var explained = Vector256.Clamp((ar * rp + ag * gp + ab * bp) / (pp + epsilon), Vector256<float>.Zero, Vector256<float>.One);
            n.CopyTo(rows, x);
            (ar * n).CopyTo(rows, _stride + x);
            (ag * n).CopyTo(rows, 2 * _stride + x);
            (ab * n).CopyTo(rows, 3 * _stride + x);
            (offset * n).CopyTo(rows, 4 * _stride + x);
            (explained * n).CopyTo(rows, 5 * _stride + x);
        }
        for (var plane = 0; plane < Fits; plane++)
        {
            rows.AsSpan(plane * _stride, _grid.Width).CopyTo(_plane.AsSpan(Radius));
            Across(_fits.AsSpan((y % Window * Fits + plane) * _stride, _stride));
        }
    }

    /// <summary>The products of a row's samples, summed over the window across.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Multiply(int y)
    {
        var colours = MemoryMarshal.Cast<Vector128<float>, float>(_grid.Colours.AsSpan(y * _grid.Width, _grid.Width));
        var mask = _grid.Mask.AsSpan(y * _grid.Width, _grid.Width);
        var samples = new float[5 * _stride]; // red, green, blue, mask, weight
        for (var x = 0; x < mask.Length; x++)
        {
            for (var channel = 0; channel < 3; channel++) samples[channel * _stride + x] = colours[4 * x + channel];
            samples[3 * _stride + x] = mask[x];
            samples[4 * _stride + x] = mask[x] is < Sure or > 1 - Sure ? 1 : UnsureWeight;
        }
        for (var plane = 0; plane < Moments; plane++)
        {
            var (one, other) = Factors[plane];
            for (var x = 0; x < _stride; x += 8)
            {
                var product = Vector256.Create(samples, 4 * _stride + x);
                if (one >= 0) product *= Vector256.Create(samples, one * _stride + x);
                if (other >= 0) product *= Vector256.Create(samples, other * _stride + x);
                product.CopyTo(_plane, Radius + x);
            }
            Across(_moments.AsSpan((y % Window * Moments + plane) * _stride, _stride));
        }
    }

    /// <summary>Which samples each moment multiplies with the weight: 0 to 2 colours, 3 the mask.</summary>
    private static readonly (int One, int Other)[] Factors =
        [(-1, -1), (0, -1), (1, -1), (2, -1), (3, -1), (0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2), (0, 3), (1, 3), (2, 3), (3, 3)];

    /// <summary>Sums the window across of what is in the padded plane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Across(Span<float> sums)
    {
        for (var x = 0; x < sums.Length; x += 8)
        {
            var sum = Vector256.Create(_plane, x);
            for (var i = 1; i < Window; i++) sum += Vector256.Create(_plane, x + i);
            sum.CopyTo(sums[x..]);
        }
    }

    private ReadOnlySpan<bool> Blocks(bool[] all, int y) => all.AsSpan(y * (_stride / 8), _stride / 8);

    /// <summary>Eight sums down the rows of a ring.</summary>
    private Vector256<float> Down(float[] ring, int planes, int plane, int top, int bottom, int x)
    {
        var sum = Vector256<float>.Zero;
        for (var y = top; y <= bottom; y++) sum += Vector256.Create(ring, (y % Window * planes + plane) * _stride + x);
        return sum;
    }
}
