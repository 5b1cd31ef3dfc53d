namespace Rembg.Inference.Imaging;

/// <summary>The model's mask as it is.</summary>
internal sealed class MaskRows(Mask mask) : RowSource(mask.Width, mask.Height, channels: 1)
{
    private int _next;

    public override ReadOnlySpan<byte> Next() => mask.Values.AsSpan(_next++ * Width, Width);
}
