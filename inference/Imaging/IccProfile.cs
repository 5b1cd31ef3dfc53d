using System.Buffers.Binary;

namespace Rembg.Inference.Imaging;

/// <summary>Colour profiles (ICC.1), as far as it decides whether one is applied.</summary>
internal static class IccProfile
{
    private const int Header = 128, Entry = 12, MaxTags = 100;

    /// <summary>
    /// Whether it is applied. Not with "multi processing elements" (tags D2B and B2D): these are programs of any length, run for each of
    /// tens of thousands of colours. Their cost has not been measured. Such a picture is read as if it had no profile.
    /// </summary>
    public static bool IsApplied(ReadOnlySpan<byte> profile)
    {
        if (profile.Length < Header + 4) return false;
        var tags = BinaryPrimitives.ReadUInt32BigEndian(profile[Header..]);
        if (tags > MaxTags || profile.Length < Header + 4 + tags * Entry) return false;
        for (var tag = 0; tag < tags; tag++)
        {
            var name = profile.Slice(Header + 4 + tag * Entry, 3);
            if (name.SequenceEqual("D2B"u8) || name.SequenceEqual("B2D"u8)) return false;
        }
        return true;
    }
}
