using System.Runtime.Intrinsics;

namespace Rembg.Inference.Imaging;

/// <summary>All that <see cref="EdgeRows"/> needs to draw clean edges, at the size of the mask or below. Made once for a picture; the rows are not needed for it.</summary>
/// <param name="Mask">Cleaned, at its size.</param>
/// <param name="Width">Of the grid.</param>
/// <param name="Height">Of the grid.</param>
/// <param name="Coefficients">How a pixel's colour decides its alpha, see <see cref="GuidedFilter"/>.</param>
/// <param name="Trust">How much of that counts, 0 to 1.</param>
/// <param name="Colours">Of which the pixels at the edge are mixed.</param>
internal sealed record EdgeMaps(Mask Mask, int Width, int Height, Vector128<float>[] Coefficients, float[] Trust, EdgeColours Colours)
{
    /// <summary>Bytes held at the peak for a mask of this size, with the view of the photograph that <see cref="Of"/> is given.</summary>
    public static long Bytes(int maskWidth, int maskHeight) =>
        8L * maskWidth * maskHeight + GuidedFilter.Bytes(maskWidth, maskHeight) + EdgeGrid.Bytes(maskWidth, maskHeight) + EdgeColours.Bytes(maskWidth, maskHeight);

    /// <summary>
    /// Whether colours may refine the alpha. A photograph with less than two thirds of the mask's pixels a side shows nothing that the
    /// mask has not seen enlarged: there the filter changed 8 % of rocket.jpg (640 pixels, lattice towers).
    /// </summary>
    /// <param name="mask">Of the photograph.</param>
    /// <param name="covered">What it covers, in pixels of the photograph.</param>
    public static bool CanRefine(Mask mask, Box covered) => 3 * Math.Max(covered.Width, covered.Height) >= 2 * Math.Max(mask.Width, mask.Height);

    /// <param name="mask">As the model gave it.</param>
    /// <param name="rgb">What the mask covers, at its size, R G B interleaved, in the colours of the rows that will be drawn.</param>
    /// <param name="refine">See <see cref="CanRefine"/>.</param>
    public static EdgeMaps Of(Mask mask, ReadOnlySpan<byte> rgb, bool refine = true)
    {
        var cleaned = new Mask(mask.Width, mask.Height, CleanedMask.Of(mask));
        var grid = EdgeGrid.Of(cleaned.Values, mask.Width, mask.Height, rgb);
        var filter = refine ? GuidedFilter.Of(grid) : GuidedFilter.None(grid);
        var alpha = new float[grid.Mask.Length];
        for (var i = 0; i < alpha.Length; i++) alpha[i] = Refine(grid.Mask[i], GuidedFilter.Apply(filter.Coefficients[i], grid.Colours[i]), filter.Trust[i]);
        return new(cleaned, grid.Width, grid.Height, filter.Coefficients, filter.Trust, EdgeColours.Of(grid, alpha));
    }

    /// <summary>From the mask towards what the colours say.</summary>
    /// <param name="mask">0 to 1.</param>
    /// <param name="byColour">q = a·C + b.</param>
    /// <param name="trust">0 to 1.</param>
    public static float Refine(float mask, float byColour, float trust) => mask + (Math.Clamp(byColour, 0, 1) - mask) * trust;
}
