using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>What composing holds at its peak, in bytes: the sum of what decoder, rows and encoder hold.</summary>
internal static class CutoutMemory
{
    private const int Rows = 128;

    public static long Of(ImageHeader header, Mask mask, CutoutOptions options, int width, int height)
    {
        var alpha = (long)width * 4 * (2 + Math.Max(8, 8 * mask.Height / height));
        if (options.Channels == OutputChannels.Alpha) return alpha + Encoder(options.Format, width, height, channels: 1);
        return alpha + Decoder(header, width, height) + Encoder(options.Format, width, height, channels: 4);
    }

    private static long Decoder(ImageHeader header, int width, int height)
    {
        var (storedWidth, storedHeight) = header.SwapsSides ? (height, width) : (width, height);
        var shrink = ImageCodec.Shrink(header, storedWidth, storedHeight);
        var pixels = header.Pixels / shrink / shrink;
        var pixelBytes = (header.HasAlpha ? 4 : 3) * (header.Has16Bits ? 2 : 1);
        var strips = (long)Rows * header.Width / shrink * pixelBytes * 2;

        var whole = header.Orientation >= 3 ? pixels * (header.HasAlpha ? 4 : 3) : 0;
        if (header.NeedsWholePicture)
            whole += header.Format == ImageFormat.Jpeg ? header.Pixels * 6 : pixels * pixelBytes * (header.Format == ImageFormat.Webp ? 2 : 1);
        return header.Length + strips + whole;
    }

    private static long Encoder(OutputFormat format, int width, int height, int channels) => format switch
    {
        OutputFormat.Png => (long)Rows * width * channels,
        OutputFormat.Webp => (long)width * height * (channels + 12),
        OutputFormat.Jpg => (long)width * height * channels * 2,
        _ => (long)width * height * 8,
    };
}
