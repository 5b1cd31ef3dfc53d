using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>
/// What composing holds at its peak, in bytes, beside the upload and the mask. The constants are measured: resident
/// memory of five runs at once less that of one, over four, at 12 megapixels, for each kind of file and answer.
/// </summary>
internal static class CutoutMemory
{
    /// <summary>Rows that stand between decoder and pipe: libvips' line cache, our strip, deflate, unflushed output.</summary>
    private const int RowsInFlight = 256;
    private const int Fixed = 8 << 20;

    /// <summary>libwebp's own pictures and, for lossless alpha, its hash chains: far more than the pixels.</summary>
    private const int WebpEncoderBytesAPixel = 24;
    private const int JpegCoefficientBytesAPixel = 6;

    public static long Of(ImageHeader header, CutoutOptions options, int width, int height)
    {
        var alphaAlone = options.Channels == OutputChannels.Alpha;
        var pixels = (long)width * height;
        var encoder = options.Format switch
        {
            OutputFormat.Webp => pixels * WebpEncoderBytesAPixel,
            OutputFormat.Jpg or OutputFormat.Zip => pixels * 3,
            _ => 0,
        };
        return Fixed + (long)width * RowsInFlight + encoder + (alphaAlone ? 0 : Decoder(header, width, height));
    }

    private static long Decoder(ImageHeader header, int width, int height)
    {
        var (storedWidth, storedHeight) = header.SwapsSides ? (height, width) : (width, height);
        var shrink = ImageCodec.Shrink(header, storedWidth, storedHeight);
        var pixelBytes = (header.HasAlpha ? 4 : 3) * (header.Has16Bits ? 2 : 1);
        var rows = (long)RowsInFlight * header.Width / shrink * pixelBytes;

        var upright = header.Orientation == 1 ? 0 : (long)width * height * 4;
        var whole = !header.NeedsWholePicture ? 0 : header.Format switch
        {
            ImageFormat.Jpeg => header.Pixels * JpegCoefficientBytesAPixel,
            ImageFormat.Webp => header.Pixels / shrink / shrink * pixelBytes * 2,
            _ => header.Pixels * pixelBytes,
        };
        return header.Length + rows + upright + whole;
    }
}
