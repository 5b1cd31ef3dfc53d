using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>
/// What a decoder holds at its peak, in bytes, on the way to rows of a given size. The constants are measured, as
/// those of <see cref="CutoutMemory"/> are.
/// </summary>
internal static class DecoderMemory
{
    /// <summary>Rows that stand between decoder and reader: libvips' line cache and our strip.</summary>
    private const int RowsInFlight = 256;
    private const int JpegCoefficientBytesAPixel = 6;

    /// <summary>libwebp's lossless decoder unpacks the whole picture before it shrinks it; the lossy one, its alpha alone.</summary>
    private const int WebpLosslessBytesAPixel = 4, WebpAlphaBytesAPixel = 1;

    /// <summary>libnsgif unpacks the whole picture as RGBA; measured, 5 bytes a pixel.</summary>
    private const int GifBytesAPixel = 6;

    /// <summary>Planes of libaom, and libheif's picture of them; measured, 20 bytes a pixel, and 26 of more than 8 bits.</summary>
    private const int AvifBytesAPixel = 24, DeepAvifBytesAPixel = 32;

    /// <summary>libvips holds a row of tiles and libtiff one more tile. A strip may be the whole picture.</summary>
    private const int TiffCopies = 3;

    /// <summary>Each step of libvips' pipeline has its own copy of the profile.</summary>
    private const int ProfileCopies = 5;

    /// <param name="width">Pixels of the upright picture that is wanted.</param>
    /// <param name="height">Pixels of the upright picture that is wanted.</param>
    public static long Of(ImageHeader header, int width, int height)
    {
        var (storedWidth, storedHeight) = header.SwapsSides ? (height, width) : (width, height);
        var shrink = ImageCodec.Shrink(header, storedWidth, storedHeight);
        var pixelBytes = (header.HasAlpha ? 4 : 3) * (header.Has16Bits ? 2 : 1);
        var rows = (long)RowsInFlight * header.Width / shrink * pixelBytes;

        var upright = header.Orientation == 1 ? 0 : (long)width * height * 4;
        var whole = !header.NeedsWholePicture ? 0 : header.Format switch
        {
            ImageFormat.Jpeg => header.Pixels * JpegCoefficientBytesAPixel,
            ImageFormat.Webp => header.Pixels / shrink / shrink * pixelBytes * 2
                + header.Pixels * (header.IsLossless ? WebpLosslessBytesAPixel : header.HasAlpha ? WebpAlphaBytesAPixel : 0),
            ImageFormat.Avif => header.Pixels * (header.Has16Bits ? DeepAvifBytesAPixel : AvifBytesAPixel),
            ImageFormat.Tiff => (header.Width + TiffHeader.MaxTileSide) * (long)Math.Max(header.Height, TiffHeader.MaxTileSide) * pixelBytes * TiffCopies,
            ImageFormat.Gif => header.Pixels * GifBytesAPixel,
            _ => header.Pixels * pixelBytes,
        };
        // libvips' copy of the file; and before there are rows, for a moment, the one that is put together of its parts.
        return header.Length + header.ProfileBytes * ProfileCopies + Math.Max(header.Length, rows + upright + whole);
    }
}
