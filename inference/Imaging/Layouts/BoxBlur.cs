namespace Rembg.Inference.Imaging;

/// <summary>A Gaussian by three running means each way (Wells 1986): the same cost for every sigma. Outside of the picture there is nothing.</summary>
internal static class BoxBlur
{
    /// <param name="plane">One channel, row after row.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="sigma">In pixels.</param>
    public static void Apply(float[] plane, int width, int height, double sigma)
    {
        var radius = Math.Max(1, (int)Math.Round((Math.Sqrt(4 * sigma * sigma + 1) - 1) / 2));
        var line = new float[Math.Max(width, height)];
        for (var pass = 0; pass < 3; pass++)
        {
            for (var y = 0; y < height; y++) Mean(plane, y * width, 1, width, radius, line);
            for (var x = 0; x < width; x++) Mean(plane, x, width, height, radius, line);
        }
    }

    private static void Mean(float[] values, int start, int step, int count, int radius, float[] line)
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
