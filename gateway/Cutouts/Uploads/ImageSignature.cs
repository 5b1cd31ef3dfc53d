using System.Buffers;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Tells JPEG, PNG and WebP by their first bytes; names and labels are the client's word only. All the gateway ever reads of an image.</summary>
internal static class ImageSignature
{
    private const int Longest = 12;

    public static bool IsImage(ReadOnlySequence<byte> bytes)
    {
        Span<byte> head = stackalloc byte[(int)Math.Min(Longest, bytes.Length)];
        bytes.Slice(0, head.Length).CopyTo(head);
        return IsJpeg(head) || IsPng(head) || IsWebp(head);
    }

    public static bool IsJpeg(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]);

    public static bool IsPng(ReadOnlySpan<byte> head) => head.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);

    public static bool IsWebp(ReadOnlySpan<byte> head) => head.Length >= Longest && head.StartsWith("RIFF"u8) && head[8..].StartsWith("WEBP"u8);
}
