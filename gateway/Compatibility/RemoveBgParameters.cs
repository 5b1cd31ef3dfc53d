using System.Collections.Frozen;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Compatibility;

/// <summary>
/// What remove.bg's clients ask for, in our words. What we do not offer (images by URL, cropping, layout, shadows,
/// pictures as background) may be named with its default value and is refused with any other.
/// </summary>
/// <param name="Options">The cutout.</param>
/// <param name="Type">What to say the subject is; null when the client does not want to hear it.</param>
internal sealed record RemoveBgParameters(CutoutOptions Options, string? Type)
{
    /// <summary>25 and 50 megapixels are above what an upload may have, or close to it: all that there is.</summary>
    private static readonly FrozenDictionary<string, OutputSize> Sizes = new Dictionary<string, OutputSize>
    {
        ["preview"] = OutputSize.Preview, ["small"] = OutputSize.Preview, ["regular"] = OutputSize.Preview,
        ["medium"] = OutputSize.Medium, ["hd"] = OutputSize.Hd,
        ["full"] = OutputSize.Full, ["4k"] = OutputSize.Full, ["50MP"] = OutputSize.Full, ["auto"] = OutputSize.Full,
    }.ToFrozenDictionary();

    private static readonly FrozenSet<string> Types = FrozenSet.Create("auto", "person", "product", "car", "animal", "graphic", "transportation", "other");
    private static readonly FrozenSet<string> TypeLevels = FrozenSet.Create("none", "1", "2", "latest");

    /// <summary>What is not offered, with the spellings of its default, which asks for nothing.</summary>
    private static readonly FrozenDictionary<string, string[]> NotOffered = new Dictionary<string, string[]>
    {
        ["roi"] = ["0% 0% 100% 100%"], ["crop"] = ["false"], ["crop_margin"] = ["0", "0px", "0%"], ["scale"] = ["original"], ["position"] = ["original"],
        ["add_shadow"] = ["false"], ["shadow_method"] = [], ["shadow_type"] = [], ["shadow_opacity"] = [], ["semitransparency"] = ["true"],
        ["bg_image_url"] = [], ["bg_image_file"] = [],
    }.ToFrozenDictionary();

    /// <summary>Names of all parameters but the image's.</summary>
    public static FrozenSet<string> Names { get; } = NotOffered.Keys.Concat(["size", "type", "type_level", "format", "channels", "bg_color"]).ToFrozenSet();

    /// <summary>Where the image may be.</summary>
    public static UploadFields Image { get; } = new(new HashSet<string> { "image_file" }, Base64: "image_file_b64", Url: "image_url");

    /// <exception cref="ProblemException">400: a value that is unknown or not offered.</exception>
    public static RemoveBgParameters Read(IEnumerable<KeyValuePair<string, string>> form)
    {
        var given = form.Gather(Names);
        foreach (var (name, value) in given)
            if (NotOffered.TryGetValue(name, out var defaults) && !defaults.Contains(value))
                throw Problem.InvalidParameter(name, defaults.Length == 0 ? "is not supported" : $"is not supported with another value than {defaults[0]}").AsException();
        OneOf(given, "type", Types);
        OneOf(given, "type_level", TypeLevels);
        OneOf(given, "size", Sizes.Keys);

        // The others are ours by name and value, but for one.
        var isAuto = given.GetValueOrDefault("format", "auto") == "auto";
        var options = CutoutOptions.Parse(given.Where(pair => pair.Key is "channels" or "bg_color" || (pair.Key == "format" && !isAuto)));
        options = options with
        {
            Size = Sizes[given.GetValueOrDefault("size", "preview")],
            Format = isAuto && options.Background is { A: 255 } ? OutputFormat.Jpg : options.Format,
        };
        var type = given.GetValueOrDefault("type", "auto");
        return new(options, given.GetValueOrDefault("type_level") == "none" ? null : type == "auto" ? "other" : type);
    }

    private static void OneOf(Dictionary<string, string> given, string name, IEnumerable<string> values)
    {
        if (given.TryGetValue(name, out var value) && !values.Contains(value))
            throw Problem.InvalidParameter(name, $"must be one of {string.Join(", ", values.Order(StringComparer.Ordinal))}").AsException();
    }
}
