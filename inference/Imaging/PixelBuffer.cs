using System.Runtime.InteropServices;

namespace Rembg.Inference.Imaging;

/// <summary>
/// A whole picture, for encoders that cannot take rows. Its memory comes from the system and goes back to it at
/// once: pools would keep tens of megabytes a core for pictures that are rarely of the same size.
/// </summary>
internal sealed unsafe class PixelBuffer(int width, int height, int channels) : IDisposable
{
    private byte* _pixels = (byte*)NativeMemory.Alloc((nuint)width * (nuint)height, (nuint)channels);

    public int Width { get; } = width;
    public int Height { get; } = height;
    public int Channels { get; } = channels;

    /// <summary>Row after row, without padding. At most 50 megapixels x 4, so that an int counts them.</summary>
    public Span<byte> Pixels => new(_pixels, checked(Width * Height * Channels));

    public Span<byte> Rows(int top, int count) => Pixels.Slice(top * Width * Channels, count * Width * Channels);

    public void Dispose()
    {
        NativeMemory.Free(_pixels);
        _pixels = null;
    }
}
