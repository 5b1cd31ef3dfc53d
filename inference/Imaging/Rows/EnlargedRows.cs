namespace Rembg.Inference.Imaging;

/// <summary>A small, smooth picture at the size of a canvas: opaque RGBA, linear between its pixels. Beyond the picture its border goes on.</summary>
internal sealed class EnlargedRows : RowSource
{
    private readonly float[] _colours, _line;
    private readonly int _pictureHeight;
    private readonly Box _at;
    private readonly (int Left, int Right, float Share)[] _columns;
    private readonly byte[] _row;
    private int _y;

    /// <param name="colours">R G B of each pixel of the picture, 0 to 255, row after row.</param>
    /// <param name="pictureWidth">In pixels.</param>
    /// <param name="pictureHeight">In pixels.</param>
    /// <param name="width">Of the canvas.</param>
    /// <param name="height">Of the canvas.</param>
    /// <param name="at">Where the picture lies on the canvas.</param>
    public EnlargedRows(float[] colours, int pictureWidth, int pictureHeight, int width, int height, Box at) : base(width, height, channels: 4)
    {
        (_colours, _pictureHeight, _at) = (colours, pictureHeight, at);
        (_line, _row, _columns) = (new float[3 * pictureWidth], new byte[Stride], new (int, int, float)[width]);
        for (var x = 0; x < width; x++)
        {
            var (left, right, share) = Between(x, at.Left, at.Width, pictureWidth);
            _columns[x] = (3 * left, 3 * right, share);
        }
    }

    public override ReadOnlySpan<byte> Next()
    {
        // 1. Between two rows of the picture.
        var (above, below, down) = Between(_y++, _at.Top, _at.Height, _pictureHeight);
        var upper = _colours.AsSpan(above * _line.Length, _line.Length);
        var lower = _colours.AsSpan(below * _line.Length, _line.Length);
        for (var i = 0; i < _line.Length; i++) _line[i] = upper[i] + (lower[i] - upper[i]) * down + 0.5f;

        // 2. Between two pixels of that.
        for (var (x, o) = (0, 0); x < _columns.Length; x++, o += 4)
        {
            var (left, right, share) = _columns[x];
            _row[o] = (byte)(_line[left] + (_line[right] - _line[left]) * share);
            _row[o + 1] = (byte)(_line[left + 1] + (_line[right + 1] - _line[left + 1]) * share);
            _row[o + 2] = (byte)(_line[left + 2] + (_line[right + 2] - _line[left + 2]) * share);
            _row[o + 3] = 255;
        }
        return _row;
    }

    public override void Skip(int rows) => _y += rows;

    /// <summary>The two samples that a pixel lies between, and how far towards the second.</summary>
    private static (int First, int Second, float Share) Between(int pixel, int start, int length, int samples)
    {
        var at = Math.Clamp((pixel + 0.5 - start) * samples / length - 0.5, 0, samples - 1);
        var first = (int)at;
        return (first, Math.Min(first + 1, samples - 1), (float)(at - first));
    }
}
