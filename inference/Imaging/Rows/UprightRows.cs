namespace Rembg.Inference.Imaging;

/// <summary>
/// Applies an EXIF orientation of 2 to 8. Its first row may be made of all rows of the source, so the picture is
/// gathered first: the one step besides the encoders that holds it whole.
/// </summary>
internal sealed class UprightRows(RowSource source, int orientation)
    : RowSource(orientation >= 5 ? source.Height : source.Width, orientation >= 5 ? source.Width : source.Height, source.Channels)
{
    private readonly PixelBuffer _upright = new(
        orientation >= 5 ? source.Height : source.Width, orientation >= 5 ? source.Width : source.Height, source.Channels);
    private int _next;

    public override ReadOnlySpan<byte> Next()
    {
        if (_next == 0) Gather();
        return _upright.Rows(_next++, 1);
    }

    public override void Dispose()
    {
        source.Dispose();
        _upright.Dispose();
        base.Dispose();
    }

    private void Gather()
    {
        // Where the first stored pixel goes, and how far away its neighbours to the right and below go (TIFF 6.0, Orientation).
        var (right, down) = (Channels, Stride);
        var (last, bottom) = ((Width - 1) * right, (Height - 1) * down);
        var (origin, acrossStep, downStep) = orientation switch
        {
            2 => (last, -right, down),
            3 => (bottom + last, -right, -down),
            4 => (bottom, right, -down),
            5 => (0, down, right),
            6 => (last, down, -right),
            7 => (bottom + last, -down, -right),
            8 => (bottom, -down, right),
            _ => (0, right, down),
        };
        for (var y = 0; y < source.Height; y++) Place(source.Next(), origin + y * downStep, acrossStep);
    }

    private void Place(ReadOnlySpan<byte> row, int to, int step)
    {
        var pixels = _upright.Pixels;
        for (var from = 0; from < row.Length; from += Channels, to += step)
        {
            pixels[to] = row[from];
            for (var channel = 1; channel < Channels; channel++) pixels[to + channel] = row[from + channel];
        }
    }
}
