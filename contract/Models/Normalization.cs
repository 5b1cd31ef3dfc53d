using System.Numerics;

namespace Rembg.Contract.Models;

/// <summary>
/// uint8 pixels to model input and model output to uint8 mask, as rembg does it (rembg/sessions/base.py): divide by the
/// image's own maximum, subtract mean, divide by std; on the way back each image's own min-max, truncated to 8 bits.
/// </summary>
public static class Normalization
{
    /// <param name="rgb">Interleaved, height × width × 3.</param>
    /// <param name="planes">3 × height × width.</param>
    public static void ToInput(ReadOnlySpan<byte> rgb, ModelSpec spec, Span<float> planes)
    {
        // Three tables of 256 values instead of three million divisions.
        Span<float> tables = stackalloc float[3 * 256];
        var maximum = Math.Max((float)Max(rgb), 1e-6f);
        for (var channel = 0; channel < 3; channel++)
            for (var value = 0; value < 256; value++)
                tables[channel * 256 + value] = (value / maximum - spec.Mean[channel]) / spec.Std[channel];

        ReadOnlySpan<float> red = tables[..256], green = tables[256..512], blue = tables[512..];
        var pixels = planes.Length / 3;
        Span<float> reds = planes[..pixels], greens = planes.Slice(pixels, pixels), blues = planes[(2 * pixels)..];
        for (int i = 0, at = 0; i < pixels; i++, at += 3)
        {
            reds[i] = red[rgb[at]];
            greens[i] = green[rgb[at + 1]];
            blues[i] = blue[rgb[at + 2]];
        }
    }

    /// <param name="output">height × width, raw.</param>
    /// <returns>height × width, uint8; all zero where the output is flat, since nothing stands out then.</returns>
    public static byte[] ToMask(ReadOnlySpan<float> output, MaskActivation activation)
    {
        var (low, high) = Range(output);
        if (activation == MaskActivation.Sigmoid) (low, high) = (Sigmoid(low), Sigmoid(high));
        var mask = new byte[output.Length];
        var scale = high - low;
        if (!(scale > 0)) return mask;
        for (var i = 0; i < mask.Length; i++)
        {
            var value = activation == MaskActivation.Sigmoid ? Sigmoid(output[i]) : output[i];
            mask[i] = (byte)((value - low) / scale * 255);
        }
        return mask;
    }

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));

    private static byte Max(ReadOnlySpan<byte> values)
    {
        var wide = Vector<byte>.Zero;
        var i = 0;
        for (; i <= values.Length - Vector<byte>.Count; i += Vector<byte>.Count) wide = Vector.Max(wide, new Vector<byte>(values[i..]));
        byte max = 0;
        for (var lane = 0; lane < Vector<byte>.Count; lane++) max = Math.Max(max, wide[lane]);
        for (; i < values.Length; i++) max = Math.Max(max, values[i]);
        return max;
    }

    private static (float Low, float High) Range(ReadOnlySpan<float> values)
    {
        Vector<float> lows = new(float.MaxValue), highs = new(float.MinValue);
        var i = 0;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var next = new Vector<float>(values[i..]);
            lows = Vector.Min(lows, next);
            highs = Vector.Max(highs, next);
        }
        float low = float.MaxValue, high = float.MinValue;
        for (var lane = 0; lane < Vector<float>.Count; lane++) (low, high) = (Math.Min(low, lows[lane]), Math.Max(high, highs[lane]));
        for (; i < values.Length; i++) (low, high) = (Math.Min(low, values[i]), Math.Max(high, values[i]));
        return (low, high);
    }
}
