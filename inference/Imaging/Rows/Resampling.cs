using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Rembg.Inference.Imaging;

/// <summary>
/// The inner loops of <see cref="ResizedRows"/>. A pixel of colour takes four lanes, one of grey takes one. What the
/// filter overshoots is cut off after each direction, as Pillow does, which holds bytes in between. Compiled in full at
/// once: a pod's first pictures are as fast as its later ones.
/// </summary>
internal static class Resampling
{
    public static int Lanes(int channels) => channels == 1 ? 1 : 4;

    /// <summary>Bytes to floats: grey as it is, RGB with an empty fourth lane, RGBA with its colours weighted by alpha.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void ToLanes(ReadOnlySpan<byte> row, Span<float> lanes, int channels)
    {
        if (channels == 1)
        {
            for (var i = 0; i < row.Length; i++) lanes[i] = row[i];
            return;
        }
        var pixels = MemoryMarshal.Cast<float, Vector128<float>>(lanes)[..(row.Length / channels)];
        var x = 0;
        for (; channels == 3 && 3 * x + 16 <= row.Length; x += 4)
        {
            var spread = Vector128.Shuffle(Vector128.Create(row[(3 * x)..]), SpreadRgb);
            var (low, high) = Vector128.Widen(spread);
            (pixels[x], pixels[x + 1]) = ToFloats(low);
            (pixels[x + 2], pixels[x + 3]) = ToFloats(high);
        }
        for (; x < pixels.Length; x++)
        {
            var pixel = row.Slice(x * channels, channels);
            pixels[x] = channels == 3
                ? Vector128.Create(pixel[0], pixel[1], pixel[2], 0f)
                : Vector128.Create(pixel[0], pixel[1], pixel[2], 255f) * (pixel[3] / 255f);
        }
    }

    /// <summary>One row of grey, resized. Where the window sees one value only, as in most of a mask, that is the result.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AcrossGrey(ReadOnlySpan<byte> row, ReadOnlySpan<float> line, LanczosWeights weights, Span<float> output)
    {
        var runEnd = 0;
        for (var x = 0; x < output.Length; x++)
        {
            var start = weights.Start(x);
            if (start >= runEnd)
            {
                var rest = row[start..];
                var other = rest.IndexOfAnyExcept(rest[0]);
                runEnd = other < 0 ? row.Length : start + other;
            }
            var same = x;
            while (same < output.Length && weights.Start(same) + weights.Taps <= runEnd) same++;
            if (same > x)
            {
                output[x..same].Fill(row[start]);
                x = same - 1;
                continue;
            }
            var window = line[start..];
            var factors = weights.Padded(x);
            var sum = Vector256<float>.Zero;
            for (var tap = 0; tap < factors.Length; tap += 8)
                sum = Vector256.FusedMultiplyAdd(Vector256.Create(window[tap..]), Vector256.Create(factors[tap..]), sum);
            output[x] = Math.Clamp(Vector256.Sum(sum), 0, 255);
        }
    }

    /// <summary>One row of four-lane pixels, resized, two input pixels at a time.</summary>
    /// <param name="line">The row, padded.</param>
    /// <param name="weights">Where each window starts.</param>
    /// <param name="laneWeights">The padded weights, each four times.</param>
    /// <param name="output">Four lanes a pixel.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AcrossColour(ReadOnlySpan<float> line, LanczosWeights weights, ReadOnlySpan<float> laneWeights, Span<float> output)
    {
        var stride = 4 * weights.Stride;
        var used = 4 * weights.Taps;
        var results = MemoryMarshal.Cast<float, Vector128<float>>(output);
        for (var x = 0; x < results.Length; x++)
        {
            ref var window = ref MemoryMarshal.GetReference(line.Slice(4 * weights.Start(x), stride));
            ref var factors = ref MemoryMarshal.GetReference(laneWeights.Slice(x * stride, stride));
            var (even, odd) = (Vector256<float>.Zero, Vector256<float>.Zero);
            for (nuint lane = 0; lane < (nuint)used; lane += 16)
            {
                even = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref window, lane), Vector256.LoadUnsafe(ref factors, lane), even);
                odd = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref window, lane + 8), Vector256.LoadUnsafe(ref factors, lane + 8), odd);
            }
            var sum = even + odd;
            results[x] = Vector128.Clamp(sum.GetLower() + sum.GetUpper(), Vector128<float>.Zero, Vector128.Create(255f));
        }
    }

    /// <summary>Each weight four times, once for each lane of a pixel.</summary>
    public static void SpreadWeights(LanczosWeights weights, Span<float> laneWeights)
    {
        var spread = MemoryMarshal.Cast<float, Vector128<float>>(laneWeights);
        for (var x = 0; x < weights.Outputs; x++)
            for (var tap = 0; tap < weights.Stride; tap++) spread[x * weights.Stride + tap] = Vector128.Create(weights.Padded(x)[tap]);
    }

    /// <summary>Each output byte is the rounded, weighted sum of the samples above each other in the ring's rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumRows(ReadOnlySpan<float> ring, ReadOnlySpan<int> offsets, ReadOnlySpan<float> weights, Span<byte> output)
    {
        ref var samples = ref MemoryMarshal.GetReference(ring);
        var x = 0;
        for (; x <= output.Length - 32; x += 32)
        {
            var half = Vector256.Create(0.5f);
            var (a, b, c, d) = (half, half, half, half);
            for (var tap = 0; tap < offsets.Length; tap++)
            {
                ref var from = ref Unsafe.Add(ref samples, offsets[tap] + x);
                var weight = Vector256.Create(weights[tap]);
                a = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref from), weight, a);
                b = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref from, 8), weight, b);
                c = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref from, 16), weight, c);
                d = Vector256.FusedMultiplyAdd(Vector256.LoadUnsafe(ref from, 24), weight, d);
            }
            Vector256.Narrow(Vector256.Narrow(Level(a), Level(b)), Vector256.Narrow(Level(c), Level(d))).CopyTo(output[x..]);
        }
        for (; x < output.Length; x++)
        {
            var sum = 0.5f;
            for (var tap = 0; tap < offsets.Length; tap++) sum = MathF.FusedMultiplyAdd(ring[offsets[tap] + x], weights[tap], sum);
            output[x] = (byte)Math.Clamp(sum, 0, 255);
        }
    }

    /// <summary>Four-lane bytes to RGB or RGBA, whose colours become straight again.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void FromLanes(ReadOnlySpan<byte> lanes, Span<byte> row, int channels)
    {
        var x = 0;
        for (; channels == 3 && 3 * x + 16 <= row.Length; x += 4) // each store overlaps the next one's place
            Vector128.Shuffle(Vector128.Create(lanes[(4 * x)..]), PackRgb).CopyTo(row[(3 * x)..]);
        for (; 4 * x < lanes.Length; x++)
        {
            var from = lanes.Slice(4 * x, 4);
            var to = row.Slice(channels * x, channels);
            if (channels == 3) from[..3].CopyTo(to);
            else Straighten(from, to);
        }
    }

    private static void Straighten(ReadOnlySpan<byte> weighted, Span<byte> rgba)
    {
        var alpha = weighted[3];
        for (var i = 0; i < 3; i++) rgba[i] = alpha == 0 ? (byte)0 : (byte)Math.Min(255, (weighted[i] * 255 + alpha / 2) / alpha);
        rgba[3] = alpha;
    }

    private static (Vector128<float>, Vector128<float>) ToFloats(Vector128<ushort> values)
    {
        var (low, high) = Vector128.Widen(values);
        return (Vector128.ConvertToSingle(low.AsInt32()), Vector128.ConvertToSingle(high.AsInt32()));
    }

    private static Vector128<byte> SpreadRgb => Vector128.Create((byte)0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255);

    private static Vector128<byte> PackRgb => Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);

    private static Vector256<uint> Level(Vector256<float> value) =>
        Vector256.ConvertToInt32(Vector256.Clamp(value, Vector256<float>.Zero, Vector256.Create(255f))).AsUInt32();
}
