using System.Globalization;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Compatibility;

/// <summary>The parameters that nobody has taken yet, by name; of a repeated one the last value.</summary>
internal sealed class PhotoroomFields
{
    public static readonly string[] Sides = ["Top", "Right", "Bottom", "Left"];

    public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

    public string? Take(string name) => Values.Remove(name, out var value) ? value : null;

    public bool Flag(string name, bool initial) => Take(name) switch
    {
        null => initial,
        "true" or "True" => true,
        "false" or "False" => false,
        _ => throw Invalid(name, "must be boolean"),
    };

    /// <summary>A share of the longer side, above 0.</summary>
    public double Ratio(string name, double initial, double most) => Take(name) switch
    {
        null => initial,
        var text when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value > 0 && value <= most => value,
        _ => throw Invalid(name, string.Create(CultureInfo.InvariantCulture, $"must be above 0 and at most {most}")),
    };

    /// <summary>Takes a value that we have; another stays, and has no effect.</summary>
    public string? Only(string name, params string[] values) => Values.TryGetValue(name, out var value) && values.Contains(value) ? Take(name) : null;

    public static ProblemException Invalid(string name, string rule) => Problem.InvalidParameter(name, rule).AsException();
}
