namespace Rembg.Inference.Imaging;

/// <summary>A rectangle of a picture. Rows below it are never asked for.</summary>
internal sealed class WindowRows(RowSource source, Box window) : RowSource(window.Width, window.Height, source.Channels)
{
    private bool _isInside;

    public override ReadOnlySpan<byte> Next()
    {
        if (!_isInside) source.Skip(window.Top);
        _isInside = true;
        return source.Next().Slice(window.Left * Channels, Stride);
    }

    public override void Dispose()
    {
        source.Dispose();
        base.Dispose();
    }
}
