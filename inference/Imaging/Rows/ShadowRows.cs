using System.Buffers;
using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>A black shadow over a colour, or over nothing: RGBA.</summary>
internal sealed class ShadowRows(RowSource shadow, Rgba? background) : RowSource(shadow.Width, shadow.Height, channels: 4)
{
    private readonly byte[] _black = new byte[shadow.Width * 3];
    private readonly byte[] _row = ArrayPool<byte>.Shared.Rent(shadow.Width * 4);

    public override ReadOnlySpan<byte> Next()
    {
        var row = _row.AsSpan(0, Stride);
        PixelMath.Over(_black, 3, shadow.Next(), background ?? default, row, outputChannels: 4);
        return row;
    }

    public override void Dispose()
    {
        shadow.Dispose();
        ArrayPool<byte>.Shared.Return(_row);
        base.Dispose();
    }
}
