namespace Rembg.Inference.Imaging;

/// <summary>What the model says: one byte a pixel, row after row, 0 = background, 255 = subject, at the model's own size.</summary>
public sealed record Mask
{
    public Mask(int width, int height, byte[] values)
    {
        if (width <= 0 || height <= 0 || values.Length != width * height)
            throw new ArgumentException($"A mask of {width} x {height} has not {values.Length} values.", nameof(values));
        (Width, Height, Values) = (width, height, values);
    }

    public int Width { get; }
    public int Height { get; }
    public byte[] Values { get; }

    /// <summary>One minus the mean of |2a - 1|, with a from 0 to 1: 0 where every value is 0 or 255, 1 where all are in the middle (Photoroom's score).</summary>
    public double Uncertainty
    {
        get
        {
            long sure = 0;
            foreach (var value in Values) sure += Math.Abs(2 * value - 255);
            return 1 - (double)sure / (255L * Values.Length);
        }
    }
}
