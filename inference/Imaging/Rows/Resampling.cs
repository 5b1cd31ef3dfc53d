using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Rembg.Inference.Imaging;

/// <summary>
/// The inner loops of <see cref="ResizedRows"/>. A pixel of colour takes four lanes, one of grey takes one. What the
/// filter overshoots is cut off after each direction, as Pillow does, which holds bytes in between.
/// </summary>
internal static class Resampling
{
    public static int Lanes(int channels) => channels == 1 ? 1 : 4;

    /// <summary>Bytes to floats: grey as it is, RGB with an empty fourth lane, RGBA with its colours weighted by alpha.</summary>
    public static void ToLanes(ReadOnlySpan<byte> row, Span<float> lanes, int channels)
    {
        if (channels == 1)
        {
            for (var i = 0; i < row.Length; i++) lanes[i] = row[i];
            return;
        }
        var pixels = MemoryMarshal.Cast<float, Vector128<float>>(lanes);
        var count = row.Length / channels;
        for (var x = 0; x < count; x++)
        {
            var pixel = row[(x * channels)..];
            // Four bytes at once; the fourth lane of RGB holds a neighbour's byte and is never looked at.
            var bytes = pixel.Length >= 4 ? MemoryMarshal.Read<uint>(pixel) : (uint)(pixel[0] | pixel[1] << 8 | pixel[2] << 16);
            var wide = Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(bytes).AsByte()));
            var values = Vector128.ConvertToSingle(wide.AsInt32());
            if (channels == 4) values = (values * (values[3] / 255)).WithElement(3, values[3]);
            pixels[x] = values;
        }
    }

    /// <summary>One row of grey, resized. Where the window sees one value only, as in most of a mask, that is the result.</summary>
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
            if (start + weights.Taps <= runEnd)
            {
                output[x] = row[start];
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

    /// <summary>One row of four-lane pixels, resized.</summary>
    public static void AcrossColour(ReadOnlySpan<float> line, LanczosWeights weights, Span<float> output)
    {
        ref var pixels = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<float, Vector128<float>>(line));
        var results = MemoryMarshal.Cast<float, Vector128<float>>(output);
        for (var x = 0; x < results.Length; x++)
        {
            ref var window = ref Unsafe.Add(ref pixels, weights.Start(x));
            var factors = weights.Padded(x);
            var (even, odd) = (Vector128<float>.Zero, Vector128<float>.Zero);
            for (var tap = 0; tap + 1 < factors.Length; tap += 2)
            {
                even = Vector128.FusedMultiplyAdd(Unsafe.Add(ref window, tap), Vector128.Create(factors[tap]), even);
                odd = Vector128.FusedMultiplyAdd(Unsafe.Add(ref window, tap + 1), Vector128.Create(factors[tap + 1]), odd);
            }
            results[x] = Vector128.Clamp(even + odd, Vector128<float>.Zero, Vector128.Create(255f));
        }
    }

    /// <summary>Each output byte is the rounded, weighted sum of the samples above each other in the ring's rows.</summary>
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
    public static void FromLanes(ReadOnlySpan<byte> lanes, Span<byte> row, int channels)
    {
        for (int from = 0, to = 0; from < lanes.Length; from += 4, to += channels)
        {
            if (channels == 3)
            {
                (row[to], row[to + 1], row[to + 2]) = (lanes[from], lanes[from + 1], lanes[from + 2]);
                continue;
            }
            var alpha = lanes[from + 3];
            for (var i = 0; i < 3; i++) row[to + i] = alpha == 0 ? (byte)0 : (byte)Math.Min(255, (lanes[from + i] * 255 + alpha / 2) / alpha);
            row[to + 3] = alpha;
        }
    }

    private static Vector256<uint> Level(Vector256<float> value) =>
        Vector256.ConvertToInt32(Vector256.Clamp(value, Vector256<float>.Zero, Vector256.Create(255f))).AsUInt32();
}
