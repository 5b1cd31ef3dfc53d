using System.Buffers;

namespace Rembg.Inference.Imaging;

/// <summary>The model's mask as it is, or seen from another side: upside down, or its columns as rows from the left or right.</summary>
internal sealed class MaskRows(Mask mask, Side from = Side.Top)
    : RowSource(from.IsColumns() ? mask.Height : mask.Width, from.IsColumns() ? mask.Width : mask.Height, channels: 1)
{
    private readonly byte[] _column = ArrayPool<byte>.Shared.Rent(mask.Height);
    private int _next;

    public override ReadOnlySpan<byte> Next()
    {
        var line = from is Side.Top or Side.Left ? _next : Height - 1 - _next;
        _next++;
        if (!from.IsColumns()) return mask.Values.AsSpan(line * Width, Width);
        for (var y = 0; y < Width; y++) _column[y] = mask.Values[y * mask.Width + line];
        return _column.AsSpan(0, Width);
    }

    public override void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_column);
        base.Dispose();
    }
}

/// <summary>The side of a picture from which its lines are read.</summary>
internal enum Side { Top, Bottom, Left, Right }

internal static class SideExtensions
{
    public static bool IsColumns(this Side side) => side is Side.Left or Side.Right;
}
