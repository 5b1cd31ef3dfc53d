using System.Globalization;
using Rembg.Contract.Cutouts;

namespace Rembg.Gateway.Compatibility;

/// <summary>Margin and padding together: the padding is a share of what the margin leaves.</summary>
internal sealed record PhotoroomInsets(Dictionary<string, (double Ratio, double Pixels)> Margin, Dictionary<string, (double Ratio, double Pixels)> Padding)
{
    public double Pixels(string side) => Margin[side].Pixels + Padding[side].Pixels;

    public double Ratio(string side)
    {
        var left = 1 - Margin[side].Ratio - Margin[Opposite(side)].Ratio;
        return Margin[side].Ratio + left * Padding[side].Ratio;
    }

    public static PhotoroomInsets Of(PhotoroomFields given) => new(Read(given, "margin"), Read(given, "padding"));

    public static PhotoroomInsets Take(PhotoroomFields given)
    {
        var insets = Of(given);
        foreach (var name in (string[])["margin", "padding"])
            foreach (var side in PhotoroomFields.Sides.Append("")) given.Take(name + side);
        return insets;
    }

    private static Dictionary<string, (double Ratio, double Pixels)> Read(PhotoroomFields given, string name) => PhotoroomFields.Sides.ToDictionary(side => side, side =>
        given.Values.TryGetValue(name + side, out var own) ? Parse(name + side, own)
        : given.Values.TryGetValue(name, out var all) ? Parse(name, all) : default);

    /// <summary>0 to 0.49, "0%" to "49%", or pixels.</summary>
    private static (double Ratio, double Pixels) Parse(string name, string text)
    {
        var isPixels = text.EndsWith("px", StringComparison.Ordinal);
        var number = isPixels ? text[..^2] : text.TrimEnd('%');
        if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) throw PhotoroomFields.Invalid(name, Rule);
        if (isPixels) return value <= CanvasSize.MaxSide ? (0, value) : throw PhotoroomFields.Invalid(name, Rule);
        var ratio = number.Length < text.Length ? value / 100 : value;
        return ratio <= 0.49 ? (ratio, 0) : throw PhotoroomFields.Invalid(name, Rule);
    }

    private const string Rule = "must be a number from 0 to 0.49, a percentage from 0% to 49%, or pixels such as 100px";

    private static string Opposite(string side) => side switch { "Top" => "Bottom", "Bottom" => "Top", "Left" => "Right", _ => "Left" };
}
