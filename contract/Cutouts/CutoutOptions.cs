using Rembg.Contract.Problems;

namespace Rembg.Contract.Cutouts;

/// <summary>
/// What a client asks of a cutout. The names are those of the public API; <see cref="ToQuery"/> is the canonical
/// form, used between gateway and pod, in cache keys and in tasks, so that equal wishes are equal text.
/// </summary>
public sealed record CutoutOptions
{
    public static CutoutOptions Default { get; } = new();

    /// <summary>Name of a loaded model; null asks for the pod's default.</summary>
    public string? Model { get; init; }
    public OutputFormat Format { get; init; }
    public OutputChannels Channels { get; init; }
    public OutputSize Size { get; init; }

    /// <summary>Colour behind the subject; null leaves it transparent (JPEG, which cannot, takes white).</summary>
    public Rgba? Background { get; init; }

    /// <summary>rembg's <c>ppm</c>: a smoothed, binary mask.</summary>
    public bool PostProcessMask { get; init; }

    /// <summary>Most pixels of the answer, or null for the photograph's own size.</summary>
    public long? MaxPixels => Size switch
    {
        OutputSize.Preview => 250_000,
        OutputSize.Medium => 1_500_000,
        OutputSize.Hd => 4_000_000,
        _ => null,
    };

    public string ContentType => Format switch
    {
        OutputFormat.Png => "image/png",
        OutputFormat.Webp => "image/webp",
        OutputFormat.Jpg => "image/jpeg",
        _ => "application/zip",
    };

    /// <summary>
    /// The canonical query, without <c>?</c>: options that are not the default, always in the same order. A default is never
    /// sent, so that a pod which is older than an option still serves everybody who does not ask for it.
    /// </summary>
    public string ToQuery()
    {
        List<string> query = [];
        if (Model is not null) query.Add($"model={Uri.EscapeDataString(Model)}");
        if (Format != Default.Format) query.Add($"format={Name(Format)}");
        if (Channels != Default.Channels) query.Add($"channels={Name(Channels)}");
        if (Size != Default.Size) query.Add($"size={Name(Size)}");
        if (Background is { } colour) query.Add($"bg_color={colour}");
        if (PostProcessMask) query.Add("post_process_mask=true");
        return string.Join('&', query);
    }

    /// <summary>Reads options by their public names. An unknown, repeated or malformed parameter is a problem, never ignored.</summary>
    public static CutoutOptions Parse(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var options = Default;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            if (!seen.Add(name)) throw Problem.InvalidParameter(name, "is given more than once").AsException();
            options = options.With(name, value);
        }
        return options.Checked();
    }

    private CutoutOptions With(string name, string value) => name switch
    {
        "model" => this with { Model = ModelName(value) },
        "format" => this with { Format = value == "jpeg" ? OutputFormat.Jpg : OneOf<OutputFormat>(name, value) },
        "channels" => this with { Channels = OneOf<OutputChannels>(name, value) },
        "size" => this with { Size = OneOf<OutputSize>(name, value) },
        "bg_color" => this with { Background = Colour(name, value) },
        "post_process_mask" => this with { PostProcessMask = Flag(name, value) },
        _ => throw Problem.UnknownParameter(name).AsException(),
    };

    private CutoutOptions Checked() => this switch
    {
        { Channels: OutputChannels.Alpha, Background: not null } =>
            throw Problem.InvalidParameter("bg_color", "cannot be combined with channels=alpha: a mask has no background").AsException(),
        { Channels: OutputChannels.Alpha, Format: OutputFormat.Zip } =>
            throw Problem.InvalidParameter("channels", "cannot be alpha with format=zip, which already holds the mask").AsException(),
        { Format: OutputFormat.Zip, Background: not null } =>
            throw Problem.InvalidParameter("bg_color", "cannot be combined with format=zip, whose colours are those of the photograph").AsException(),
        _ => this,
    };

    private static T OneOf<T>(string name, string value) where T : struct, Enum
    {
        foreach (var candidate in Enum.GetValues<T>())
            if (Name(candidate) == value) return candidate;
        throw Problem.InvalidParameter(name, $"must be one of {string.Join(", ", Enum.GetValues<T>().Select(Name))}").AsException();
    }

    private static string ModelName(string value) =>
        value.Length is > 0 and <= 64 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? value
            : throw Problem.InvalidParameter("model", "must be the name of a loaded model; GET /v1/models lists them").AsException();

    private static Rgba Colour(string name, string value) => Rgba.TryParse(value, out var colour)
        ? colour
        : throw Problem.InvalidParameter(name, "must be 3, 4, 6 or 8 hex digits or a colour name").AsException();

    private static bool Flag(string name, string value) => value switch
    {
        "true" or "True" or "1" => true,
        "false" or "False" or "0" => false,
        _ => throw Problem.InvalidParameter(name, "must be true or false").AsException(),
    };

    private static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
