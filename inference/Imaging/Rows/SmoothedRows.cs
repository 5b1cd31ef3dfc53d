using System.Buffers;

namespace Rembg.Inference.Imaging;

/// <summary>
/// rembg's <c>post_process_mask</c>: opening with a disk of radius 1 takes away specks, a Gaussian of sigma 2
/// smooths the outline, a threshold of 127 makes it binary. Held: the rows that these windows span.
/// </summary>
internal sealed class SmoothedRows : RowSource
{
    /// <summary>Smoothed alpha from here on is subject.</summary>
    public const byte Threshold = 127;
    private const int Radius = 8; // scipy cuts a Gaussian off at four sigmas
    private const int Window = 2 * Radius + 1;
    private const double Sigma = 2;

    private static readonly float[] Kernel = MakeKernel();
    private static readonly int[] Across = [.. Enumerable.Range(0, Window)];

    private readonly OpenedRows _opened;
    private readonly float[] _ring, _padded;
    private readonly byte[] _row;
    private readonly int[] _starts = new int[Window];
    private int _read, _written;

    public SmoothedRows(RowSource alpha) : base(alpha.Width, alpha.Height, channels: 1)
    {
        _opened = new(alpha);
        _ring = ArrayPool<float>.Shared.Rent(Window * Width);
        _padded = ArrayPool<float>.Shared.Rent(Width + 2 * Radius);
        _row = ArrayPool<byte>.Shared.Rent(Width);
    }

    public override ReadOnlySpan<byte> Next()
    {
        while (_read < Math.Min(Height, _written + Radius + 1)) ReadAcross();
        for (var k = 0; k < Window; k++) _starts[k] = RingStart(Reflect(_written + k - Radius, Height));
        var sum = _padded.AsSpan(0, Width);
        FloatRows.Weigh(_ring, _starts, Kernel, sum);
        _written++;

        var row = _row.AsSpan(0, Width);
        for (var x = 0; x < row.Length; x++) row[x] = sum[x] < Threshold ? (byte)0 : (byte)255;
        return row;
    }

    public override void Dispose()
    {
        _opened.Dispose();
        ArrayPool<float>.Shared.Return(_ring);
        ArrayPool<float>.Shared.Return(_padded);
        ArrayPool<byte>.Shared.Return(_row);
        base.Dispose();
    }

    private int RingStart(int y) => y % Window * Width;

    private void ReadAcross()
    {
        var from = _opened.Next();
        for (var x = 0; x < Width; x++) _padded[x + Radius] = from[x];
        for (var i = 0; i < Radius; i++)
        {
            _padded[i] = from[Reflect(i - Radius, Width)];
            _padded[Radius + Width + i] = from[Reflect(Width + i, Width)];
        }
        FloatRows.Weigh(_padded, Across, Kernel, _ring.AsSpan(RingStart(_read++), Width));
    }

    /// <summary>d c b a | a b c d | d c b a, as scipy's "reflect", however far outside.</summary>
    private static int Reflect(int i, int length)
    {
        i = (i % (2 * length) + 2 * length) % (2 * length);
        return i < length ? i : 2 * length - 1 - i;
    }

    private static float[] MakeKernel()
    {
        var raw = Enumerable.Range(-Radius, Window).Select(x => Math.Exp(-x * x / (2 * Sigma * Sigma))).ToArray();
        return [.. raw.Select(value => (float)(value / raw.Sum()))];
    }
}
