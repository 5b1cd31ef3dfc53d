using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>The model's view of a photograph.</summary>
public static class InputImage
{
    /// <summary>Bytes that <see cref="Decode"/> holds at its peak, besides the file and the result.</summary>
    public static long DecodedBytes(ImageHeader header, int width, int height) => DecoderMemory.Of(header, width, height);

    /// <summary>
    /// Decodes a photograph, shrunk while it is decoded, to the model's size: upright, aspect ratio not kept, with an
    /// antialiasing Lanczos filter, colours as stored and alpha dropped, as the reference does.
    /// </summary>
    /// <param name="rgb">Takes height × width × 3 bytes, rows from the top, R G B interleaved.</param>
    /// <exception cref="ProblemException">422 when the file cannot be decoded.</exception>
    public static void Decode(ReadOnlyMemory<byte> file, ImageHeader header, int width, int height, Span<byte> rgb, CancellationToken cancellation = default)
    {
        if (rgb.Length != width * height * 3) throw new ArgumentException($"{width} x {height} RGB pixels do not have {rgb.Length} bytes.", nameof(rgb));
        using var rows = ImageCodec.Open(file, header, width, height, PhotoColours.AsStored);
        for (var y = 0; y < height; y++)
        {
            cancellation.ThrowIfCancellationRequested();
            rows.Next().CopyTo(rgb[(y * rows.Stride)..]);
        }
    }
}
