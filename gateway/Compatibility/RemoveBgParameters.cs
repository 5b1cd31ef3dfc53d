using System.Collections.Frozen;
using System.Globalization;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Compatibility;

/// <summary>
/// remove.bg's parameters as options of ours. As there, a field without a value is absent, of a repeated one the last value counts, and
/// unknown fields are ignored: the vendor's own samples send them. Parameters that only have an effect on windows of cars are checked and
/// have none.
/// </summary>
/// <param name="Options">The cutout.</param>
/// <param name="Type">The value of <c>X-Type</c>; null when the client does not want it.</param>
internal sealed record RemoveBgParameters(CutoutOptions Options, string? Type)
{
    /// <summary>25 and 50 megapixels are above what an upload may have, or close to it: all that there is.</summary>
    private static readonly FrozenDictionary<string, OutputSize> Sizes = new Dictionary<string, OutputSize>
    {
        ["preview"] = OutputSize.Preview,
        ["small"] = OutputSize.Preview,
        ["regular"] = OutputSize.Preview,
        ["medium"] = OutputSize.Medium,
        ["hd"] = OutputSize.Hd,
        ["full"] = OutputSize.Full,
        ["4k"] = OutputSize.Full,
        ["50MP"] = OutputSize.Full,
        ["auto"] = OutputSize.Full,
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Types = FrozenSet.Create(
        "auto", "person", "product", "car", "animal", "graphic", "transportation", "other", "graphics", "car_interior", "car_part");
    private static readonly FrozenSet<string> TypeLevels = FrozenSet.Create("none", "1", "2", "latest");
    private static readonly FrozenSet<string> Shadows = FrozenSet.Create("auto", "car", "3D", "drop", "none");
    private static readonly FrozenSet<string> Formats = FrozenSet.Create("auto", "png", "jpg", "zip", "webp");
    private static readonly FrozenSet<string> Channels = FrozenSet.Create("rgba", "alpha");

    /// <summary>Parameters that are options of ours by name and grammar.</summary>
    private static readonly FrozenSet<string> Ours = FrozenSet.Create("bg_color", "roi", "crop_margin", "scale", "position");

    /// <summary>Names that an error's code may name, as <c>invalid_</c> and the name.</summary>
    public static FrozenSet<string> Names { get; } = Ours
        .Concat(["bg_image_file", "bg_image_url", "size", "type", "type_level", "format", "channels", "crop", "add_shadow", "semitransparency", "shadow_type", "shadow_opacity"]).ToFrozenSet();

    /// <summary>Where the image may be.</summary>
    public static UploadFields Image { get; } = new(new HashSet<string> { "image_file" }, Base64: "image_file_b64", Url: "image_url")
    {
        Background = new("bg_image_file", "bg_image_url", "bg_color"),
    };

    /// <exception cref="ProblemException">400: a value that is not the vendor's.</exception>
    public static RemoveBgParameters Read(UploadForm form)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in form.Parameters)
            if (value.Length > 0) given[name] = value;

        // 1. Words.
        var type = OneOf(given, "type", Types, "auto");
        var level = OneOf(given, "type_level", TypeLevels, "1");
        var size = OneOf(given, "size", Sizes.Keys, "preview");
        var format = OneOf(given, "format", Formats, "auto");
        var channels = OneOf(given, "channels", Channels, "rgba");
        Flag(given, "semitransparency", initial: true);

        // 2. The cutout. A ZIP holds the mask anyway, and a mask has no background.
        var isAlpha = channels == "alpha" && format != "zip";
        var crop = Flag(given, "crop", initial: false) ? "true" : "false";
        var options = CutoutOptions.Parse(given.Where(pair => Ours.Contains(pair.Key) && !(isAlpha && pair.Key == "bg_color")).Append(new("crop", crop)), isAlpha ? null : form.Background) with
        {
            Size = Sizes[size],
            Channels = isAlpha ? OutputChannels.Alpha : OutputChannels.Rgba,
        };
        var isOpaque = options.Background is { A: 255 } || (options.BackgroundImage is not null && form.BackgroundFormat == ImageFormat.Jpeg);
        options = options with
        {
            Format = format == "auto" ? isOpaque ? OutputFormat.Jpg : OutputFormat.Png : Enum.Parse<OutputFormat>(format, ignoreCase: true),
        };
        return new(WithShadow(options, given, type), level == "none" ? null : Shown(type, isCoarse: level == "1"));
    }

    /// <summary>What <c>X-Type</c> says of a client's own word: the first level has five types, the second tells more apart.</summary>
    private static string Shown(string type, bool isCoarse) => type switch
    {
        "auto" => "other",
        "graphic" or "graphics" => isCoarse ? "other" : "graphics",
        "transportation" when isCoarse => "other",
        "car_interior" or "car_part" when isCoarse => "car",
        _ => type,
    };

    /// <summary>All shadows are drawn as a drop shadow, the 3D ones too: see <c>docs/migrating.md</c>.</summary>
    private static CutoutOptions WithShadow(CutoutOptions options, Dictionary<string, string> given, string type)
    {
        var subject = type is "auto" or "graphics" or "car_interior" or "car_part" ? "other" : type;
        var shadow = OneOf(given, $"shadow_type[{subject}]", Shadows, OneOf(given, "shadow_type", Shadows, Flag(given, "add_shadow", initial: false) && type == "car" ? "car" : "none"));
        var opacity = Opacity(given, $"shadow_opacity[{subject}]") ?? Opacity(given, "shadow_opacity") ?? (type == "car" ? 90 : CutoutOptions.DefaultShadowOpacity);
        if (shadow == "none" || options.Channels == OutputChannels.Alpha || options.Format == OutputFormat.Zip) return options;
        return options with { Shadow = Shadow.Drop, ShadowOpacity = opacity };
    }

    private static int? Opacity(Dictionary<string, string> given, string name)
    {
        if (given.GetValueOrDefault(name) is not { } text || text == "auto") return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100 ? percent : throw Invalid("shadow_opacity", "must be auto or 0 to 100");
    }

    private static bool Flag(Dictionary<string, string> given, string name, bool initial) => given.GetValueOrDefault(name)?.ToLowerInvariant() switch
    {
        null => initial,
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Invalid(name, "must be true or false"),
    };

    private static string OneOf(Dictionary<string, string> given, string name, IEnumerable<string> values, string initial)
    {
        if (!given.TryGetValue(name, out var value)) return initial;
        return values.Contains(value) ? value : throw Invalid(name.Split('[')[0], $"must be one of {string.Join(", ", values.Order(StringComparer.Ordinal))}");
    }

    private static ProblemException Invalid(string name, string rule) => Problem.InvalidParameter(name, rule).AsException();
}
