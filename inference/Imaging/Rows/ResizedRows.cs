using System.Buffers;

namespace Rembg.Inference.Imaging;

/// <summary>
/// Another size of a picture, by the reference's Lanczos filter: first along each row, then down the columns over as
/// many of those rows as one output row needs, which is all that is held.
/// </summary>
internal sealed class ResizedRows : RowSource
{
    private readonly RowSource _source;
    private readonly LanczosWeights _across, _down;
    private readonly float[] _ring, _sum;
    private readonly byte[] _row;
    private int _read, _written;

    public ResizedRows(RowSource source, int width, int height) : base(width, height, source.Channels)
    {
        _source = source;
        _across = new(source.Width, width);
        _down = new(source.Height, height);
        _ring = ArrayPool<float>.Shared.Rent(_down.Taps * Stride);
        _sum = ArrayPool<float>.Shared.Rent(Stride);
        _row = ArrayPool<byte>.Shared.Rent(Stride);
    }

    public override ReadOnlySpan<byte> Next()
    {
        var start = _down.Start(_written);
        while (_read < start + _down.Taps) ReadAcross();

        var weights = _down.Of(_written++);
        var sum = _sum.AsSpan(0, Stride);
        sum.Clear();
        for (var tap = 0; tap < weights.Length; tap++)
            if (weights[tap] != 0) FloatRows.AddScaled(RingRow(start + tap), weights[tap], sum);
        var row = _row.AsSpan(0, Stride);
        FloatRows.ToBytes(sum, row);
        return row;
    }

    public override void Dispose()
    {
        _source.Dispose();
        ArrayPool<float>.Shared.Return(_ring);
        ArrayPool<float>.Shared.Return(_sum);
        ArrayPool<byte>.Shared.Return(_row);
        base.Dispose();
    }

    private Span<float> RingRow(int row) => _ring.AsSpan(row % _down.Taps * Stride, Stride);

    private void ReadAcross()
    {
        var input = _source.Next();
        var output = RingRow(_read++);
        for (var x = 0; x < Width; x++)
        {
            var weights = _across.Of(x);
            var from = input[(_across.Start(x) * Channels)..];
            for (var channel = 0; channel < Channels; channel++)
            {
                var sum = 0f;
                for (var tap = 0; tap < weights.Length; tap++) sum += weights[tap] * from[tap * Channels + channel];
                output[x * Channels + channel] = sum;
            }
        }
    }
}
