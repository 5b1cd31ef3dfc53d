using System.Buffers.Binary;

namespace Rembg.Inference.Imaging;

/// <summary>Reads one number from EXIF: the orientation. Whatever is odd about the rest counts as upright.</summary>
internal static class Exif
{
    private const ushort OrientationTag = 0x0112;
    private const ushort Short = 3;
    private const int EntrySize = 12;

    /// <param name="tiff">The TIFF structure, with or without the six bytes <c>Exif\0\0</c> before it.</param>
    /// <returns>1 to 8.</returns>
    public static int Orientation(ReadOnlySpan<byte> tiff)
    {
        if (tiff.StartsWith("Exif\0\0"u8)) tiff = tiff[6..];
        if (tiff.Length < 8) return 1;

        bool littleEndian;
        if (tiff.StartsWith("II*\0"u8)) littleEndian = true;
        else if (tiff.StartsWith("MM\0*"u8)) littleEndian = false;
        else return 1;

        // Only the first directory counts, and it is read once: offsets that point in circles lead nowhere.
        var directory = UInt32(tiff[4..], littleEndian);
        if (directory > tiff.Length - 2) return 1;
        var entries = tiff[(int)directory..];
        var count = Math.Min(UInt16(entries, littleEndian), (entries.Length - 2) / EntrySize);
        for (var i = 0; i < count; i++)
        {
            var entry = entries.Slice(2 + i * EntrySize, EntrySize);
            if (UInt16(entry, littleEndian) != OrientationTag) continue;
            var value = UInt16(entry[2..], littleEndian) == Short ? UInt16(entry[8..], littleEndian) : 0;
            return value is >= 1 and <= 8 ? value : 1;
        }
        return 1;
    }

    private static int UInt16(ReadOnlySpan<byte> bytes, bool littleEndian) =>
        littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint UInt32(ReadOnlySpan<byte> bytes, bool littleEndian) =>
        littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);
}
