using System.Numerics;
using System.Runtime.InteropServices;

namespace Rembg.Inference.Imaging;

/// <summary>Vector arithmetic on rows of samples that are being summed up.</summary>
internal static class FloatRows
{
    /// <summary>sum += row × weight.</summary>
    public static void AddScaled(ReadOnlySpan<float> row, float weight, Span<float> sum)
    {
        var sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var values = MemoryMarshal.Cast<float, Vector<float>>(row);
        var factor = new Vector<float>(weight);
        for (var i = 0; i < sums.Length; i++) sums[i] = Vector.FusedMultiplyAdd(values[i], factor, sums[i]);
        for (var i = sums.Length * Vector<float>.Count; i < sum.Length; i++) sum[i] = MathF.FusedMultiplyAdd(row[i], weight, sum[i]);
    }
}
