namespace Rembg.Inference.Imaging;

/// <summary>An image at any size, or a part of it.</summary>
internal static class ScaledImage
{
    /// <summary>Size at which the image is decoded: the one that is wanted, unless that enlarges it.</summary>
    public static (int Width, int Height) DecodedSize(ImageHeader header, int width, int height) =>
        width <= header.UprightWidth && height <= header.UprightHeight ? (width, height) : (header.UprightWidth, header.UprightHeight);

    /// <param name="file">The image.</param>
    /// <param name="header">Its header.</param>
    /// <param name="scaledWidth">Of the whole upright image, scaled.</param>
    /// <param name="scaledHeight">Likewise.</param>
    /// <param name="window">The part that is wanted, in pixels of the scaled image.</param>
    /// <param name="colours">See <see cref="ImageCodec.Open"/>.</param>
    public static RowSource Open(ReadOnlyMemory<byte> file, ImageHeader header, int scaledWidth, int scaledHeight, Box window, PhotoColours colours)
    {
        var (width, height) = DecodedSize(header, scaledWidth, scaledHeight);
        var image = ImageCodec.Open(file, header, width, height, colours);
        if (scaledWidth != width || scaledHeight != height)
            return new ResizedRows(image, new LanczosWeights(width, scaledWidth, width, window.Left, window.Width), new LanczosWeights(height, scaledHeight, height, window.Top, window.Height));
        return window == new Box(0, 0, width, height) ? image : new WindowRows(image, window);
    }
}
