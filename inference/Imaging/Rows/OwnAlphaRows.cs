namespace Rembg.Inference.Imaging;

/// <summary>A mask times the photograph's own alpha.</summary>
/// <param name="alpha">Grey rows.</param>
/// <param name="photo">RGB or RGBA rows of the same size.</param>
internal sealed class OwnAlphaRows(RowSource alpha, RowSource photo) : RowSource(alpha.Width, alpha.Height, channels: 1)
{
    private readonly byte[] _product = new byte[alpha.Width];

    public override ReadOnlySpan<byte> Next()
    {
        var mask = alpha.Next();
        var row = photo.Next();
        return photo.Channels == 4 ? PixelMath.TimesOwnAlpha(mask, row, _product) : mask;
    }

    public override void Dispose()
    {
        alpha.Dispose();
        photo.Dispose();
        base.Dispose();
    }
}
