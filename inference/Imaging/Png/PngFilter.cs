using System.Numerics;

namespace Rembg.Inference.Imaging;

/// <summary>PNG's row filters; of the five, Up alone is used: it vectorises, and on cutouts it is as small as a choice for each row.</summary>
internal static class PngFilter
{
    public const int Up = 2;

    /// <summary>Each byte minus the byte above it, modulo 256.</summary>
    public static void SubtractAbove(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, Span<byte> filtered)
    {
        var i = 0;
        for (; i <= row.Length - Vector<byte>.Count; i += Vector<byte>.Count)
            (new Vector<byte>(row[i..]) - new Vector<byte>(above[i..])).CopyTo(filtered[i..]);
        for (; i < row.Length; i++) filtered[i] = (byte)(row[i] - above[i]);
    }
}
