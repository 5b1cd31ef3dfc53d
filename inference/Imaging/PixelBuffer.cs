using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Rembg.Inference.Imaging;

/// <summary>
/// A whole picture, for encoders that cannot take rows. Its memory comes from the system and goes back to it at
/// once: pools would keep tens of megabytes a core for pictures that are rarely of the same size.
/// </summary>
internal sealed unsafe class PixelBuffer : SafeHandleZeroOrMinusOneIsInvalid
{
    public PixelBuffer(int width, int height, int channels) : base(ownsHandle: true)
    {
        (Width, Height, Channels) = (width, height, channels);
        SetHandle((nint)NativeMemory.Alloc((nuint)width * (nuint)height, (nuint)channels));
    }

    public int Width { get; }
    public int Height { get; }
    public int Channels { get; }

    /// <summary>Row after row, without padding. At most 50 megapixels x 4, so that an int counts them.</summary>
    public Span<byte> Pixels => new((byte*)handle, checked(Width * Height * Channels));

    public Span<byte> Rows(int top, int count) => Pixels.Slice(top * Width * Channels, count * Width * Channels);

    protected override bool ReleaseHandle()
    {
        NativeMemory.Free((void*)handle);
        return true;
    }
}
