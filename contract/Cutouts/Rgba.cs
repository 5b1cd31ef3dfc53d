using System.Globalization;

namespace Rembg.Contract.Cutouts;

/// <summary>An sRGB colour, 8 bits a channel, straight alpha.</summary>
public readonly record struct Rgba(byte R, byte G, byte B, byte A = 255)
{
    public static Rgba White { get; } = new(255, 255, 255);

    /// <summary>Eight lower-case hex digits without <c>#</c>: the canonical form in queries and cache keys.</summary>
    public override string ToString() => $"{R:x2}{G:x2}{B:x2}{A:x2}";

    /// <summary>Reads 3, 4, 6 or 8 hex digits, with or without <c>#</c>, or a CSS colour name.</summary>
    public static bool TryParse(string text, out Rgba colour)
    {
        var hex = text.AsSpan().TrimStart('#');
        if (hex.Length is 3 or 4 or 6 or 8 && TryParseHex(hex, out colour)) return true;

        var named = System.Drawing.Color.FromName(text);
        colour = named is { IsKnownColor: true, IsSystemColor: false } ? new(named.R, named.G, named.B, named.A) : default;
        return named is { IsKnownColor: true, IsSystemColor: false };
    }

    private static bool TryParseHex(ReadOnlySpan<char> hex, out Rgba colour)
    {
        Span<byte> channels = [0, 0, 0, 255];
        var digits = hex.Length <= 4 ? 1 : 2;
        for (var i = 0; i < hex.Length / digits; i++)
        {
            if (!byte.TryParse(hex.Slice(i * digits, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out channels[i]))
            {
                colour = default;
                return false;
            }
            if (digits == 1) channels[i] *= 17;
        }
        colour = new(channels[0], channels[1], channels[2], channels[3]);
        return true;
    }
}
