using System.Globalization;

namespace Rembg.Contract.Cutouts;

/// <summary>A length in pixels, or in percent of a length that the option names. Never negative, at most 1,000,000.</summary>
/// <remarks>remove.bg's grammar: digits, perhaps a point and digits, perhaps <c>px</c> or <c>%</c>. Its clients send a bare 0, so no unit means pixels.</remarks>
public readonly record struct Length(double Value, bool IsPercent)
{
    private const int MaxDigits = 12;
    private const double Max = 1_000_000;

    public static Length Zero { get; }

    /// <summary>In pixels, where 100 % are <paramref name="whole"/> pixels.</summary>
    public double Of(double whole) => IsPercent ? Value / 100 * whole : Value;

    /// <summary>The canonical form, with its unit.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + (IsPercent ? "%" : "px");

    public static bool TryParse(ReadOnlySpan<char> text, out Length length)
    {
        length = default;
        var isPercent = text.EndsWith("%");
        var number = isPercent ? text[..^1] : text.EndsWith("px") ? text[..^2] : text;
        if (number.Length is 0 or > MaxDigits || !char.IsAsciiDigit(number[0]) || !char.IsAsciiDigit(number[^1])) return false;
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) || value > Max) return false;
        length = new(value, isPercent && value != 0);
        return true;
    }

    /// <summary>Lengths with spaces between them; null when one of them is none.</summary>
    public static Length[]? ParseAll(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var lengths = new Length[words.Length];
        for (var i = 0; i < words.Length; i++)
            if (!TryParse(words[i], out lengths[i])) return null;
        return lengths;
    }
}
