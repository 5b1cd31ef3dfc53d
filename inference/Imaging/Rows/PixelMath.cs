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
        for (int x = 0, from = 0, to = 0; x < alpha.Length; x++, from += channels, to += 4)
        {
            var keep = alpha[x] == 0 ? (byte)0 : (byte)255;
            rgba[to] = (byte)(photo[from] & keep);
            rgba[to + 1] = (byte)(photo[from + 1] & keep);
            rgba[to + 2] = (byte)(photo[from + 2] & keep);
            rgba[to + 3] = alpha[x];
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

    private static byte DivideBy255(int product) => (byte)((product + 127) / 255);
}
