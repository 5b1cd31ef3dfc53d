using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>
/// What composing holds at its peak, in bytes, beside the upload and the mask. The constants are measured: resident
/// memory of five runs at once less that of one, over four, at 12 megapixels, for each kind of file and answer.
/// </summary>
internal static class CutoutMemory
{
    /// <summary>Rows that stand between the decoder's and the pipe: deflate, unflushed output.</summary>
    private const int RowsInFlight = 256;
    private const int Fixed = 8 << 20;

    /// <summary>libwebp's own pictures and, for lossless alpha, its hash chains: far more than the pixels.</summary>
    private const int WebpEncoderBytesAPixel = 24;

    /// <summary>Planes, reference frames and search of libaom, whatever its effort: 31 measured, and our own picture.</summary>
    private const int AvifEncoderBytesAPixel = 36;

    /// <summary>Known before there is a mask, so that what cannot fit is refused before it costs anything.</summary>
    /// <param name="maskWidth">Of the model's mask.</param>
    /// <param name="maskHeight">Likewise.</param>
    public static long Of(ImageHeader header, CutoutOptions options, int maskWidth, int maskHeight)
    {
        var (width, height) = CutoutEncoder.Fit(header.UprightWidth, header.UprightHeight, options.MaxPixels);
        var canvas = options.Layout.OutputSize ?? new CanvasSize(width, height);
        return Of(header, options, canvas.Width, canvas.Height, (width, height), maskWidth, maskHeight);
    }

    /// <param name="width">Of the canvas.</param>
    /// <param name="height">Of the canvas.</param>
    /// <param name="decoded">Size at which the photograph is decoded.</param>
    /// <param name="maskWidth">Of the model's mask.</param>
    /// <param name="maskHeight">Likewise.</param>
    public static long Of(ImageHeader header, CutoutOptions options, int width, int height, (int Width, int Height) decoded, int maskWidth, int maskHeight)
    {
        var maskAlone = options.Channels == OutputChannels.Alpha && !options.HasCleanEdges;
        var pixels = (long)width * height;
        var encoder = options.Format switch
        {
            OutputFormat.Webp => pixels * WebpEncoderBytesAPixel,
            OutputFormat.Avif => pixels * AvifEncoderBytesAPixel,
            OutputFormat.Jpg or OutputFormat.Zip => pixels * 3,
            _ => 0,
        };
        return Fixed + (long)Math.Max(width, decoded.Width) * RowsInFlight + encoder + (maskAlone ? 0 : DecoderMemory.Of(header, decoded.Width, decoded.Height))
            + (options.BackgroundBlur is null ? 0 : BlurredPicture.Bytes) + (options.HasCleanEdges ? EdgeMaps.Bytes(maskWidth, maskHeight) : 0);
    }
}
