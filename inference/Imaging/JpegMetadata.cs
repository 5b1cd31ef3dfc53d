using System.Buffers;
using System.Buffers.Binary;

namespace Rembg.Inference.Imaging;

/// <summary>Takes out of a JPEG what is not its picture: EXIF (with place and thumbnail), XMP, IPTC, comments and whatever else stands in APPn.</summary>
internal static class JpegMetadata
{
    private const byte App0 = 0xE0, App14 = 0xEE, App15 = 0xEF, Comment = 0xFE, StartOfScan = 0xDA, EndOfImage = 0xD9;

    /// <summary>Segment of a JFIF header without a thumbnail, length included.</summary>
    private const int PlainJfifBytes = 16;

    /// <param name="jpeg">A file that <see cref="ImageHeader"/> has accepted.</param>
    /// <param name="output">Takes the same coded pixels, without the metadata.</param>
    public static void Strip(ReadOnlySpan<byte> jpeg, IBufferWriter<byte> output)
    {
        output.Write(jpeg[..2]);
        var (at, isScan) = (2, false);
        while (true)
        {
            var marker = FindMarker(jpeg, at);
            if (isScan) output.Write(jpeg[at..marker]);
            if (marker + 4 > jpeg.Length || jpeg[marker + 1] == EndOfImage) break;

            var end = Math.Clamp(marker + 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg[(marker + 2)..]), marker + 4, jpeg.Length);
            if (!IsMetadata(jpeg[marker + 1], jpeg[(marker + 2)..end])) output.Write(jpeg[marker..end]);
            (at, isScan) = (end, jpeg[marker + 1] == StartOfScan);
        }
        output.Write<byte>([0xFF, EndOfImage]);
    }

    /// <summary>All but what a decoder needs to tell the colours: a JFIF header, and Adobe's colour transform.</summary>
    private static bool IsMetadata(byte marker, ReadOnlySpan<byte> segment) => marker switch
    {
        Comment => true,
        App0 => segment.Length != PlainJfifBytes || !segment[2..].StartsWith("JFIF\0"u8),
        App14 => !segment[2..].StartsWith("Adobe"u8),
        > App0 and <= App15 => true,
        _ => false,
    };

    /// <summary>Where the next marker is; not fill bytes, escaped bytes of a scan (FF 00) or its restarts.</summary>
    private static int FindMarker(ReadOnlySpan<byte> jpeg, int from)
    {
        for (var at = from; at + 1 < jpeg.Length; at++)
        {
            var next = jpeg[at..].IndexOf((byte)0xFF);
            if (next < 0 || (at += next) + 1 >= jpeg.Length) break;
            if (jpeg[at + 1] is not (0x00 or 0xFF or (>= 0xD0 and <= 0xD7))) return at;
        }
        return jpeg.Length;
    }
}
