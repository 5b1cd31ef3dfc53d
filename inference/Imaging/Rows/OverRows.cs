using System.Buffers;

namespace Rembg.Inference.Imaging;

/// <summary>One RGBA picture over another of the same size (Porter and Duff's "over", straight alpha in and out).</summary>
internal sealed class OverRows : RowSource
{
    private readonly RowSource _over, _under;
    private readonly byte[] _row;

    /// <param name="over">RGBA.</param>
    /// <param name="under">RGBA.</param>
    /// <param name="channels">4, or 3 where <paramref name="under"/> is opaque.</param>
    public OverRows(RowSource over, RowSource under, int channels) : base(over.Width, over.Height, channels)
    {
        (_over, _under) = (over, under);
        _row = ArrayPool<byte>.Shared.Rent(Stride);
    }

    public override ReadOnlySpan<byte> Next()
    {
        var row = _row.AsSpan(0, Stride);
        PixelMath.Over(_over.Next(), _under.Next(), row, Channels);
        return row;
    }

    public override void Dispose()
    {
        _over.Dispose();
        _under.Dispose();
        ArrayPool<byte>.Shared.Return(_row);
        base.Dispose();
    }
}
