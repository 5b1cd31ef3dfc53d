namespace Rembg.Inference.Imaging;

/// <summary>
/// A soft black shadow: the alpha moved down by 2 % of the subject's height and blurred with a sigma of 2.5 % of its longer side, at a
/// fraction of the canvas' size, since nothing of it is sharp. Reaches as far as the canvas does.
/// </summary>
internal static class DropShadow
{
    private const int LongSide = 512;
    private const double Drop = 0.02, Sigma = 0.025;

    /// <summary>Three boxes of this half width blur as a Gaussian of one sigma does (Wells 1986).</summary>
    private static int Radius(double sigma) => Math.Max(1, (int)Math.Round((Math.Sqrt(4 * sigma * sigma + 1) - 1) / 2));

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

        // 2. Blurred, by running sums.
        var radius = Radius(Sigma * Math.Max(placement.Subject.Width, placement.Subject.Height) / shrink);
        var line = new float[Math.Max(width, height)];
        for (var pass = 0; pass < 3; pass++)
        {
            for (var y = 0; y < height; y++) Blur(alpha, y * width, 1, width, radius, line);
            for (var x = 0; x < width; x++) Blur(alpha, x, width, height, radius, line);
        }

        // 3. At the size of the canvas.
        var values = new byte[alpha.Length];
        for (var i = 0; i < values.Length; i++) values[i] = (byte)Math.Clamp(alpha[i] * opacity / 100 + 0.5f, 0, 255);
        RowSource rows = new MaskRows(new(width, height, values));
        return width == placement.Width && height == placement.Height ? rows : new ResizedRows(rows, placement.Width, placement.Height);
    }

    private static void Blur(float[] values, int start, int step, int count, int radius, float[] line)
    {
        for (var i = 0; i < count; i++) line[i] = values[start + i * step];
        var (sum, weight) = (0f, 1f / (2 * radius + 1));
        for (var i = 0; i < Math.Min(radius, count); i++) sum += line[i];
        for (var i = 0; i < count; i++)
        {
            if (i + radius < count) sum += line[i + radius];
            if (i - radius - 1 >= 0) sum -= line[i - radius - 1];
            values[start + i * step] = sum * weight;
        }
    }
}
