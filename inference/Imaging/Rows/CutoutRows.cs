using System.Buffers;
using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>
/// The photograph with the mask as its alpha (times its own alpha, where it has one), straight, or over a colour.
/// Where nothing is left to see the colour is zero: what was removed is really gone, and compresses to nothing.
/// </summary>
internal sealed class CutoutRows : RowSource
{
    private readonly RowSource _photo, _alpha;
    private readonly Rgba? _background;
    private readonly byte[] _ownAlpha, _row;

    /// <param name="photo">RGB or RGBA rows.</param>
    /// <param name="alpha">Grey rows of the same size.</param>
    /// <param name="background">Colour behind the subject; null leaves it transparent.</param>
    /// <param name="channels">4, or 3 over an opaque background.</param>
    public CutoutRows(RowSource photo, RowSource alpha, Rgba? background, int channels) : base(photo.Width, photo.Height, channels)
    {
        (_photo, _alpha, _background) = (photo, alpha, background);
        _ownAlpha = ArrayPool<byte>.Shared.Rent(Width);
        _row = ArrayPool<byte>.Shared.Rent(Stride);
    }

    public override ReadOnlySpan<byte> Next()
    {
        var photo = _photo.Next();
        var alpha = _alpha.Next();
        if (_photo.Channels == 4) alpha = PixelMath.TimesOwnAlpha(alpha, photo, _ownAlpha);

        var row = _row.AsSpan(0, Stride);
        if (_background is { } colour) PixelMath.Over(photo, _photo.Channels, alpha, colour, row, Channels);
        else PixelMath.Cut(photo, _photo.Channels, alpha, row);
        return row;
    }

    public override void Dispose()
    {
        _photo.Dispose();
        _alpha.Dispose();
        ArrayPool<byte>.Shared.Return(_ownAlpha);
        ArrayPool<byte>.Shared.Return(_row);
        base.Dispose();
    }
}
