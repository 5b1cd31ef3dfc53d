using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>An image behind the subject. As CSS' <c>background-size: cover</c>: it fills the canvas, centred, and what is too much is cut off.</summary>
internal sealed class BackgroundLayer
{
    private readonly ReadOnlyMemory<byte> _file;
    private readonly ImageHeader _header;

    private BackgroundLayer(ReadOnlyMemory<byte> file, ImageHeader header) => (_file, _header) = (file, header);

    /// <returns>Null for no file.</returns>
    /// <exception cref="ProblemException">As of an image, with the name of this one.</exception>
    public static BackgroundLayer? Read(ReadOnlyMemory<byte> file, ImageLimits limits) =>
        file.IsEmpty ? null : Named(() => new BackgroundLayer(file, ImageHeader.Read(file, limits)));

    /// <summary>Bytes that <see cref="Rows"/> hold at their peak, besides the file.</summary>
    public long DecodedBytes(int width, int height)
    {
        var (w, h) = Cover(width, height);
        (w, h) = ScaledImage.DecodedSize(_header, w, h);
        return DecoderMemory.Of(_header, w, h);
    }

    /// <summary>Decodes it once, small: what cannot be decoded is refused before the head of the answer is out, when that can still be said.</summary>
    /// <param name="width">Of the view that is decoded and thrown away.</param>
    /// <param name="height">Likewise.</param>
    public void Check(int width, int height, CancellationToken cancellation) => Named(() =>
    {
        using var rows = ImageCodec.Open(_file, _header, Math.Min(width, _header.UprightWidth), Math.Min(height, _header.UprightHeight), PhotoColours.SrgbWithAlpha);
        for (var y = 0; y < rows.Height; y++)
        {
            cancellation.ThrowIfCancellationRequested();
            rows.Next();
        }
        return true;
    });

    /// <summary>RGBA rows of the canvas. Its own alpha stays, unless a colour is under it.</summary>
    public RowSource Rows(int width, int height, Rgba? under) => Rows(width, height, under, channels: 4);

    /// <summary>RGB rows of the canvas, over white.</summary>
    public RowSource OpaqueRows(int width, int height) => Rows(width, height, Rgba.White, channels: 3);

    private CutoutRows Rows(int width, int height, Rgba? under, int channels)
    {
        var (scaledWidth, scaledHeight) = Cover(width, height);
        var window = new Box((scaledWidth - width) / 2, (scaledHeight - height) / 2, width, height);
        var picture = ScaledImage.Open(_file, _header, scaledWidth, scaledHeight, window, PhotoColours.SrgbWithAlpha);
        return new CutoutRows(picture, new SolidRows(width, height, [255]), under, channels);
    }

    /// <summary>The least size of the same shape that leaves nothing of the canvas bare.</summary>
    private (int Width, int Height) Cover(int width, int height)
    {
        var factor = Math.Max((double)width / _header.UprightWidth, (double)height / _header.UprightHeight);
        return (Math.Max(width, (int)Math.Round(_header.UprightWidth * factor)), Math.Max(height, (int)Math.Round(_header.UprightHeight * factor)));
    }

    private static T Named<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (ProblemException refused)
        {
            throw refused.Problem.Of(BackgroundImage.Name).AsException();
        }
    }
}
