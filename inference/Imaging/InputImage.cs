using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>The model's view of a photograph.</summary>
public static class InputImage
{
    /// <summary>Bytes that <see cref="Decode"/> holds at its peak, besides the file and the result.</summary>
    public static long DecodedBytes(ImageHeader header, Box region, int width, int height)
    {
        var (w, h) = DecodedSize(header, region, width, height);
        return DecoderMemory.Of(header, w, h);
    }

    /// <summary>The whole photograph: see the other overload.</summary>
    public static void Decode(ReadOnlyMemory<byte> file, ImageHeader header, int width, int height, Span<byte> rgb, CancellationToken cancellation = default) =>
        Decode(file, header, header.Upright, width, height, rgb, PhotoColours.AsStored, cancellation);

    /// <summary>
    /// Decodes a region of a photograph, shrunk while it is decoded, to the model's size: upright, aspect ratio not kept, with an
    /// antialiasing Lanczos filter and alpha dropped, as the reference does.
    /// </summary>
    /// <param name="region">In pixels of the upright photograph.</param>
    /// <param name="rgb">Takes height × width × 3 bytes, rows from the top, R G B interleaved.</param>
    /// <param name="colours">As stored for the model, sRGB for what is drawn.</param>
    /// <exception cref="ProblemException">422 when the file cannot be decoded.</exception>
    internal static void Decode(ReadOnlyMemory<byte> file, ImageHeader header, Box region, int width, int height, Span<byte> rgb, PhotoColours colours, CancellationToken cancellation = default)
    {
        if (rgb.Length != width * height * 3) throw new ArgumentException($"{width} x {height} RGB pixels do not have {rgb.Length} bytes.", nameof(rgb));
        var (w, h) = DecodedSize(header, region, width, height);
        RowSource rows = ImageCodec.Open(file, header, w, h, colours);
        if (region != header.Upright) rows = new ResizedRows(rows, Weights(w, header.UprightWidth, region.Left, region.Width, width), Weights(h, header.UprightHeight, region.Top, region.Height, height));
        using (rows)
        {
            for (var y = 0; y < height; y++)
            {
                cancellation.ThrowIfCancellationRequested();
                rows.Next().CopyTo(rgb[(y * rows.Stride)..]);
            }
        }
    }

    /// <summary>The whole photograph's size at which its region has the model's size, or as near to it as the photograph has pixels.</summary>
    private static (int Width, int Height) DecodedSize(ImageHeader header, Box region, int width, int height)
    {
        if (region == header.Upright) return (width, height);
        int Whole(int size, int part, int wanted) => (int)Math.Clamp(Math.Round((double)size * wanted / part), 1, size);
        return (Whole(header.UprightWidth, region.Width, width), Whole(header.UprightHeight, region.Height, height));
    }

    /// <summary>As if the whole photograph were resized until its region has <paramref name="wanted"/> samples, of which only those are made.</summary>
    private static LanczosWeights Weights(int decoded, int size, int start, int part, int wanted)
    {
        var whole = (int)Math.Round((double)size * wanted / part);
        return new(decoded, whole, decoded, Math.Min((int)Math.Round((double)start * wanted / part), whole - wanted), wanted);
    }
}
