using System.Numerics;
using System.Runtime.CompilerServices;

namespace Rembg.Inference.Imaging;

/// <summary>PNG's row filters. Of the five, Paeth alone is used: on cutouts it is as small as the best choice for each row.</summary>
internal static class PngFilter
{
    public const byte Paeth = 4;

    /// <summary>Each byte minus whichever of its neighbours (left, above, above left) is nearest to left + above - above left, modulo 256.</summary>
    /// <param name="pixel">Bytes from a sample to the same one of the pixel to its left.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SubtractPaeth(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int pixel, Span<byte> filtered)
    {
        // Left of the first pixel all is zero, and above is then the nearest.
        for (var i = 0; i < pixel; i++) filtered[i] = (byte)(row[i] - above[i]);

        var x = pixel;
        for (; x <= row.Length - Vector<byte>.Count; x += Vector<byte>.Count)
        {
            var (left, up, corner) = (new Vector<byte>(row[(x - pixel)..]), new Vector<byte>(above[x..]), new Vector<byte>(above[(x - pixel)..]));
            (new Vector<byte>(row[x..]) - Nearest(left, up, corner)).CopyTo(filtered[x..]);
        }
        for (; x < row.Length; x++) filtered[x] = (byte)(row[x] - Nearest(row[x - pixel], above[x], above[x - pixel]));
    }

    /// <summary>
    /// As for single bytes, without leaving eight bits: the corner is as far away as the two other distances are from each
    /// other, but where both neighbours are on the same side of it, it is at least as far as either, and never chosen.
    /// </summary>
    private static Vector<byte> Nearest(Vector<byte> left, Vector<byte> up, Vector<byte> corner)
    {
        var (toLeft, toUp) = (Difference(up, corner), Difference(left, corner));
        var sameSide = Vector.Equals(Vector.GreaterThanOrEqual(left, corner), Vector.GreaterThanOrEqual(up, corner));
        var toCorner = Difference(toLeft, toUp) | sameSide;
        var isUp = Vector.LessThanOrEqual(toUp, toCorner);
        var isLeft = Vector.LessThanOrEqual(toLeft, Vector.Min(toUp, toCorner));
        return Vector.ConditionalSelect(isLeft, left, Vector.ConditionalSelect(isUp, up, corner));
    }

    private static byte Nearest(int left, int up, int corner)
    {
        var (toLeft, toUp, toCorner) = (Math.Abs(up - corner), Math.Abs(left - corner), Math.Abs(left + up - 2 * corner));
        return (byte)(toLeft <= toUp && toLeft <= toCorner ? left : toUp <= toCorner ? up : corner);
    }

    private static Vector<byte> Difference(Vector<byte> a, Vector<byte> b) => Vector.Max(a, b) - Vector.Min(a, b);
}
