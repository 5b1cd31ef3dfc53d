namespace Rembg.Inference.Imaging;

/// <summary>
/// A picture that is made while it is read: rows from top to bottom, 8 bits a sample, channels interleaved. Sources
/// are stacked (decoder, resizer, cutout), so nothing holds a whole picture unless a file format leaves no choice.
/// </summary>
internal abstract class RowSource(int width, int height, int channels) : IDisposable
{
    public int Width { get; } = width;
    public int Height { get; } = height;

    /// <summary>1 grey, 3 RGB, 4 RGBA with straight alpha.</summary>
    public int Channels { get; } = channels;
    public int Stride => Width * Channels;

    /// <summary>The next row, valid until the next call; asking for more than <see cref="Height"/> rows is a bug.</summary>
    public abstract ReadOnlySpan<byte> Next();

    /// <summary>Passes over rows that nobody wants; cheaper than reading them where the source need not make them.</summary>
    public virtual void Skip(int rows)
    {
        for (var row = 0; row < rows; row++) Next();
    }

    public virtual void Dispose() { }
}
