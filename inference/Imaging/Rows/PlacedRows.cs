using System.Buffers;

namespace Rembg.Inference.Imaging;

/// <summary>A picture on a larger canvas of one colour. Rows of the picture that lie outside the canvas must have been cut off before.</summary>
internal sealed class PlacedRows : RowSource
{
    private readonly RowSource _source;
    private readonly int _left, _top;
    private readonly byte[] _row;
    private int _next;

    /// <param name="source">The picture.</param>
    /// <param name="width">Of the canvas.</param>
    /// <param name="height">Of the canvas.</param>
    /// <param name="left">Where the picture's corner lies.</param>
    /// <param name="top">Likewise.</param>
    /// <param name="colour">One pixel of the canvas.</param>
    public PlacedRows(RowSource source, int width, int height, int left, int top, ReadOnlySpan<byte> colour) : base(width, height, source.Channels)
    {
        (_source, _left, _top) = (source, left, top);
        _row = ArrayPool<byte>.Shared.Rent(2 * Stride);
        for (var x = 0; x < Width; x++) colour[..Channels].CopyTo(_row.AsSpan(Stride + x * Channels));
    }

    public override ReadOnlySpan<byte> Next()
    {
        var y = _next++ - _top;
        var empty = _row.AsSpan(Stride, Stride);
        if (y < 0 || y >= _source.Height) return empty;
        var row = _row.AsSpan(0, Stride);
        empty.CopyTo(row);
        _source.Next().CopyTo(row[(_left * Channels)..]);
        return row;
    }

    public override void Dispose()
    {
        _source.Dispose();
        ArrayPool<byte>.Shared.Return(_row);
        base.Dispose();
    }
}
