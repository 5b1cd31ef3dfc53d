namespace Rembg.Inference.Imaging;

/// <summary>
/// A soft black shadow: the alpha moved down by 2 % of the subject's height and blurred with a sigma of 2.5 % of its longer side, at a
/// fraction of the canvas' size, since nothing of it is sharp. Reaches as far as the canvas does.
/// </summary>
internal static class DropShadow
{
    private const int LongSide = 512;
    private const double Drop = 0.02, Sigma = 0.025;

    /// <returns>The shadow's alpha at the size of the canvas, grey rows.</returns>
    /// <param name="mask">The model's mask.</param>
    /// <param name="seen">What the mask covers, in pixels of the canvas.</param>
    /// <param name="placement">Canvas and subject.</param>
    /// <param name="opacity">Percent.</param>
    public static RowSource Alpha(Mask mask, Box seen, Placement placement, int opacity)
    {
        // 1. The moved alpha on a small canvas.
        var shrink = Math.Max(1, (Math.Max(placement.Width, placement.Height) + LongSide - 1) / (double)LongSide);
        var (width, height) = (Math.Max(1, (int)(placement.Width / shrink)), Math.Max(1, (int)(placement.Height / shrink)));
        var alpha = new float[width * height];
        var drop = Drop * placement.Subject.Height;
        for (var y = 0; y < height; y++)
        {
            var row = (int)Math.Floor(((y + 0.5) * placement.Height / height - drop - seen.Top) * mask.Height / seen.Height);
            if (row < 0 || row >= mask.Height) continue;
            for (var x = 0; x < width; x++)
            {
                var column = (int)Math.Floor(((x + 0.5) * placement.Width / width - seen.Left) * mask.Width / seen.Width);
                if (column >= 0 && column < mask.Width) alpha[y * width + x] = mask.Values[row * mask.Width + column];
            }
        }

        // 2. Blurred.
        BoxBlur.Apply(alpha, width, height, Sigma * Math.Max(placement.Subject.Width, placement.Subject.Height) / shrink);

        // 3. At the size of the canvas.
        var values = new byte[alpha.Length];
        for (var i = 0; i < values.Length; i++) values[i] = (byte)Math.Clamp(alpha[i] * opacity / 100 + 0.5f, 0, 255);
        RowSource rows = new MaskRows(new(width, height, values));
        return width == placement.Width && height == placement.Height ? rows : new ResizedRows(rows, placement.Width, placement.Height);
    }
}
