using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>Arithmetic on one row of pixels.</summary>
internal static class PixelMath
{
    /// <summary>The mask times the photograph's own alpha.</summary>
    public static ReadOnlySpan<byte> TimesOwnAlpha(ReadOnlySpan<byte> alpha, ReadOnlySpan<byte> rgba, Span<byte> product)
    {
        for (var x = 0; x < alpha.Length; x++) product[x] = DivideBy255(alpha[x] * rgba[4 * x + 3]);
        return product[..alpha.Length];
    }

    /// <summary>Straight alpha; colour zero where alpha is zero.</summary>
    public static void Cut(ReadOnlySpan<byte> photo, int channels, ReadOnlySpan<byte> alpha, Span<byte> rgba)
    {
        var x = channels == 3 ? CutVectors(photo, alpha, rgba) : 0;
        for (; x < alpha.Length; x++)
        {
            var keep = alpha[x] == 0 ? (byte)0 : (byte)255;
            rgba[4 * x] = (byte)(photo[channels * x] & keep);
            rgba[4 * x + 1] = (byte)(photo[channels * x + 1] & keep);
            rgba[4 * x + 2] = (byte)(photo[channels * x + 2] & keep);
            rgba[4 * x + 3] = alpha[x];
        }
    }

    /// <summary>Eight pixels at a time, as far as whole vectors can be read; returns how many were done.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int CutVectors(ReadOnlySpan<byte> photo, ReadOnlySpan<byte> alpha, Span<byte> rgba)
    {
        // Two halves of 16 bytes, which shuffle apart from each other: four RGB pixels, and the alpha of four pixels, each.
        var spread = Vector128.Create((byte)0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255);
        var first = Vector128.Create((byte)0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
        var second = first + Vector128.Create((byte)4);
        var isAlpha = Vector128.Create(0xFF000000u).AsByte();

        var x = 0;
        for (; x <= alpha.Length - 8 && 3 * x + 28 <= photo.Length; x += 8)
        {
            var eight = MemoryMarshal.Read<ulong>(alpha[x..]);
            var output = rgba.Slice(4 * x, 32);
            if (eight == 0)
            {
                output.Clear();
                continue;
            }
            var alphas = Vector128.CreateScalar(eight).AsByte();
            Merge(Vector128.Create(photo.Slice(3 * x, 16)), Vector128.Shuffle(alphas, first)).CopyTo(output);
            Merge(Vector128.Create(photo.Slice(3 * x + 12, 16)), Vector128.Shuffle(alphas, second)).CopyTo(output[16..]);
        }
        return x;

        Vector128<byte> Merge(Vector128<byte> rgb, Vector128<byte> alpha4)
        {
            var colour = Vector128.AndNot(Vector128.Shuffle(rgb, spread), Vector128.Equals(alpha4, Vector128<byte>.Zero));
            return Vector128.ConditionalSelect(isAlpha, alpha4, colour);
        }
    }

    /// <summary>The subject over a colour (Porter and Duff's "over", straight alpha in and out).</summary>
    public static void Over(ReadOnlySpan<byte> photo, int channels, ReadOnlySpan<byte> alpha, Rgba colour, Span<byte> output, int outputChannels)
    {
        for (int x = 0, from = 0, to = 0; x < alpha.Length; x++, from += channels, to += outputChannels)
        {
            // Weights of subject and background, each 0..255 x 255.
            var subject = alpha[x] * 255;
            var behind = (255 - alpha[x]) * colour.A;
            var sum = subject + behind;
            var half = sum / 2;
            if (sum == 0) sum = 1;
            output[to] = (byte)((photo[from] * subject + colour.R * behind + half) / sum);
            output[to + 1] = (byte)((photo[from + 1] * subject + colour.G * behind + half) / sum);
            output[to + 2] = (byte)((photo[from + 2] * subject + colour.B * behind + half) / sum);
            if (outputChannels == 4) output[to + 3] = DivideBy255(subject + behind);
        }
    }

    /// <summary>The same for a background that differs from pixel to pixel; both RGBA.</summary>
    public static void Over(ReadOnlySpan<byte> over, ReadOnlySpan<byte> under, Span<byte> output, int outputChannels)
    {
        for (int from = 0, to = 0; from < over.Length; from += 4, to += outputChannels)
        {
            var subject = over[from + 3] * 255;
            var behind = (255 - over[from + 3]) * under[from + 3];
            var sum = subject + behind;
            var half = sum / 2;
            if (sum == 0) sum = 1;
            output[to] = (byte)((over[from] * subject + under[from] * behind + half) / sum);
            output[to + 1] = (byte)((over[from + 1] * subject + under[from + 1] * behind + half) / sum);
            output[to + 2] = (byte)((over[from + 2] * subject + under[from + 2] * behind + half) / sum);
            if (outputChannels == 4) output[to + 3] = DivideBy255(subject + behind);
        }
    }

    private static byte DivideBy255(int product) => (byte)((product + 127) / 255);
}
