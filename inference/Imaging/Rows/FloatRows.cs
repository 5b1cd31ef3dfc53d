using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Rembg.Inference.Imaging;

/// <summary>Vector arithmetic on rows of samples.</summary>
internal static class FloatRows
{
    /// <summary>sum[x] = the sum over k of samples[starts[k] + x] × weights[k], added in the order of k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weigh(ReadOnlySpan<float> samples, ReadOnlySpan<int> starts, ReadOnlySpan<float> weights, Span<float> sum)
    {
        foreach (var start in starts) _ = samples.Slice(start, sum.Length); // all of them are there
        ref var first = ref MemoryMarshal.GetReference(samples);
        var x = 0;
        for (; x <= sum.Length - Vector<float>.Count; x += Vector<float>.Count)
        {
            var total = Vector<float>.Zero;
            for (var k = 0; k < starts.Length; k++)
                total = Vector.FusedMultiplyAdd(Vector.LoadUnsafe(ref first, (nuint)(starts[k] + x)), new Vector<float>(weights[k]), total);
            total.CopyTo(sum[x..]);
        }
        for (; x < sum.Length; x++)
        {
            var total = 0f;
            for (var k = 0; k < starts.Length; k++) total = MathF.FusedMultiplyAdd(samples[starts[k] + x], weights[k], total);
            sum[x] = total;
        }
    }
}
