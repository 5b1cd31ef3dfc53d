namespace Rembg.Inference.Imaging;

/// <summary>
/// A blurred picture, kept small, since nothing of it is sharp, and enlarged row by row. Each pixel counts by a weight, and the blurred
/// colours are divided by the blurred weights: what has no weight, as the subject of a photograph, leaves no halo in its surroundings.
/// </summary>
internal sealed class BlurredPicture
{
    private const int LongSide = 512;

    /// <summary>A sigma of so many pixels is smooth between two of them: a stronger blur needs a smaller picture.</summary>
    private const double EnoughSigma = 6;

    /// <summary>So that a pixel without any weight around it still has a colour; it lies under the subject.</summary>
    private const float LeastWeight = 1 / 1024f;

    private readonly int _width, _height;

    /// <summary>R G B of each pixel, 0 to 255.</summary>
    private readonly float[] _colours;

    private BlurredPicture(int width, int height, float[] colours) => (_width, _height, _colours) = (width, height, colours);

    /// <summary>What making and keeping one takes at most: four planes, their lines, and the colours.</summary>
    public const long Bytes = 7L * sizeof(float) * LongSide * LongSide + (1 << 20);

    /// <summary>At which the blur of a picture of this size is computed.</summary>
    /// <param name="percent">Sigma, of the longer side.</param>
    public static (int Width, int Height) Size(int width, int height, double percent)
    {
        var side = Math.Min(LongSide, 100 * EnoughSigma / percent);
        var factor = Math.Min(1, side / Math.Max(width, height));
        return (Math.Max(1, (int)Math.Round(width * factor)), Math.Max(1, (int)Math.Round(height * factor)));
    }

    /// <param name="picture">RGB rows of <see cref="Size"/>; disposed.</param>
    /// <param name="percent">Sigma, of the longer side.</param>
    /// <param name="around">Weight of each pixel, 0 to 1; null where all count alike.</param>
    public static BlurredPicture Of(RowSource picture, double percent, float[]? around = null)
    {
        var (width, height) = (picture.Width, picture.Height);
        float[] red = new float[width * height], green = new float[width * height], blue = new float[width * height], weights = new float[width * height];
        using (picture)
        {
            for (var (y, i) = (0, 0); y < height; y++)
            {
                var row = picture.Next();
                for (var x = 0; x < width; x++, i++)
                {
                    var w = weights[i] = Math.Max(LeastWeight, around?[i] ?? 1);
                    (red[i], green[i], blue[i]) = (w * row[3 * x], w * row[3 * x + 1], w * row[3 * x + 2]);
                }
            }
        }

        var sigma = percent / 100 * Math.Max(width, height);
        foreach (var plane in (float[][])[red, green, blue, weights]) BoxBlur.Apply(plane, width, height, sigma);

        var colours = new float[3 * width * height];
        for (var i = 0; i < weights.Length; i++)
            (colours[3 * i], colours[3 * i + 1], colours[3 * i + 2]) = (red[i] / weights[i], green[i] / weights[i], blue[i] / weights[i]);
        return new(width, height, colours);
    }

    /// <summary>
    /// Weights of all that is not the subject: (1 - a)⁸, so that half-transparent pixels, whose colours are mixed, hardly count. a is the most that
    /// the mask says within half a pixel, since edges of small pictures are mixed, too.
    /// </summary>
    /// <param name="mask">Of the picture.</param>
    /// <param name="seen">What the mask covers, in pixels of the small picture.</param>
    /// <param name="width">Of the small picture.</param>
    /// <param name="height">Likewise.</param>
    public static float[] Around(Mask mask, Box seen, int width, int height)
    {
        var weights = new float[width * height];
        Array.Fill(weights, 1);
        var (columns, rows) = (Reach(seen.Left, seen.Width, width, mask.Width), Reach(seen.Top, seen.Height, height, mask.Height));
        for (var y = 0; y < height; y++)
            for (var x = 0; x < width; x++)
            {
                byte most = 0;
                for (var row = rows[y].From; row < rows[y].To; row++)
                    foreach (var value in mask.Values.AsSpan(row * mask.Width)[columns[x].From..columns[x].To]) most = Math.Max(most, value);
                weights[y * width + x] = MathF.Pow(1 - most / 255f, 8);
            }
        return weights;

        static (int From, int To)[] Reach(int start, int length, int pixels, int samples)
        {
            var reach = new (int From, int To)[pixels];
            for (var pixel = Math.Max(0, start - 1); pixel < Math.Min(pixels, start + length + 1); pixel++)
                reach[pixel] = (Math.Clamp((int)((pixel - start - 0.5) * samples / length), 0, samples), Math.Clamp((int)Math.Ceiling((pixel - start + 1.5) * samples / length), 0, samples));
            return reach;
        }
    }

    /// <summary>Opaque RGBA rows of a canvas. Beyond the picture its border goes on.</summary>
    /// <param name="width">Of the canvas.</param>
    /// <param name="height">Of the canvas.</param>
    /// <param name="at">Where the picture lies on it.</param>
    public RowSource Rows(int width, int height, Box at) => new EnlargedRows(_colours, _width, _height, width, height, at);
}
