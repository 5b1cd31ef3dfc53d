using Rembg.Contract.Problems;

namespace Rembg.Contract.Cutouts;

/// <summary>
/// What a client asks of a cutout. <see cref="CutoutOption.All"/> has the public names; <see cref="ToQuery"/> is the canonical form, used
/// between gateway and pod and in the cache key, so that equal requests are equal text.
/// </summary>
public sealed record CutoutOptions
{
    public const int DefaultShadowOpacity = 50;

    public static CutoutOptions Default { get; } = new();

    /// <summary>Name of a loaded model; null asks for the pod's default.</summary>
    public string? Model { get; init; }
    public OutputFormat Format { get; init; }

    /// <summary>1 to 100 of a lossy format; null for the format's own.</summary>
    public int? Quality { get; init; }
    public OutputChannels Channels { get; init; }
    public OutputSize Size { get; init; }

    /// <summary>Colour behind the subject; null leaves it transparent (JPEG, which cannot, takes white).</summary>
    public Rgba? Background { get; init; }

    /// <summary>An image behind the subject instead of a colour: it covers the canvas, centred. Null for none.</summary>
    public BackgroundImage? BackgroundImage { get; init; }

    /// <summary>
    /// Blurs the image behind the subject, or the photograph itself where there is none: a Gaussian whose sigma is so many percent of the longer
    /// side. Null for sharp.
    /// </summary>
    public double? BackgroundBlur { get; init; }

    /// <summary>rembg's <c>ppm</c>: a smoothed, binary mask.</summary>
    public bool PostProcessMask { get; init; }

    public EdgeMode Edges { get; init; }

    /// <summary>A binary mask has no edges to clean.</summary>
    public bool HasCleanEdges => Edges == EdgeMode.Clean && !PostProcessMask;

    public Layout Layout { get; init; } = Layout.None;
    public Shadow Shadow { get; init; }

    /// <summary>Percent.</summary>
    public int ShadowOpacity { get; init; } = DefaultShadowOpacity;

    /// <summary>Most pixels of the image before it is laid out, or null for its own size.</summary>
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
        OutputFormat.Avif => "image/avif",
        _ => "application/zip",
    };

    /// <summary>The canonical query, without <c>?</c>: every option that is not the default, always in the same order. A default is never sent, so
    /// that a pod which is older than an option still serves everybody who does not ask for it.</summary>
    public string ToQuery() => string.Join('&', CutoutOption.All
        .Select(option => (option.Name, Value: option.Write(this)))
        .Append((BackgroundImage.Name, Value: BackgroundImage?.ToString()))
        .Where(option => option.Value is not null)
        .Select(option => $"{option.Name}={Uri.EscapeDataString(option.Value!)}"));

    /// <summary>Reads options by their public names. An unknown, repeated or malformed parameter is a problem, never ignored.</summary>
    /// <param name="parameters">Names and values.</param>
    /// <param name="background">That came with the image.</param>
    public static CutoutOptions Parse(IEnumerable<KeyValuePair<string, string>> parameters, BackgroundImage? background = null)
    {
        var options = Default with { BackgroundImage = background };
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in parameters)
        {
            if (!seen.Add(name)) throw Problem.InvalidParameter(name, "is given more than once").AsException();
            var option = CutoutOption.Named(name);
            options = option.Set(options, value) ?? throw Problem.InvalidParameter(name, option.Rule).AsException();
        }
        return options.Checked();
    }

    /// <summary>Reads what <see cref="ToQuery"/> gave. A client's parameters are not read so: none of them may claim that a background follows the image.</summary>
    public static CutoutOptions FromQuery(IEnumerable<KeyValuePair<string, string>> query)
    {
        var parameters = query.ToLookup(parameter => parameter.Key == BackgroundImage.Name);
        if (parameters[true].Skip(1).Any()) throw Problem.InvalidParameter(BackgroundImage.Name, "is given more than once").AsException();
        var background = parameters[true].Select(parameter => BackgroundImage.Parse(parameter.Value) ?? throw Problem.InvalidParameter(BackgroundImage.Name, "must be bytes-sha256").AsException());
        return Parse(parameters[false], background.FirstOrDefault());
    }

    /// <summary>Those that decide what the model sees: cutouts of an image that agree in them have one mask.</summary>
    public CutoutOptions OfMask() => Default with { Model = Model, Layout = Layout.None with { Roi = Layout.Roi } };

    internal CutoutOptions With(Func<Layout, Layout> change) => this with { Layout = change(Layout) };

    private CutoutOptions Checked() => this switch
    {
        { Channels: OutputChannels.Alpha, Background: not null } =>
            throw Problem.InvalidParameter("bg_color", "cannot be combined with channels=alpha: a mask has no background").AsException(),
        { Channels: OutputChannels.Alpha, BackgroundImage: not null } =>
            throw Problem.InvalidParameter(BackgroundImage.Name, "cannot be combined with channels=alpha: a mask has no background").AsException(),
        { Channels: OutputChannels.Alpha, BackgroundBlur: not null } =>
            throw Problem.InvalidParameter("bg_blur", "cannot be combined with channels=alpha: a mask has no background").AsException(),
        { Background: not null, BackgroundBlur: not null } => throw Problem.InvalidParameter("bg_blur", "cannot be combined with bg_color").AsException(),
        { Background: not null, BackgroundImage: not null } => throw Problem.MultipleBackgrounds().AsException(),
        { Channels: OutputChannels.Alpha, Format: OutputFormat.Zip } =>
            throw Problem.InvalidParameter("channels", "cannot be alpha with format=zip, which already holds the mask").AsException(),
        { Quality: not null, Format: OutputFormat.Png or OutputFormat.Zip } =>
            throw Problem.InvalidParameter("quality", "needs format=jpg, webp or avif").AsException(),
        { Shadow: not Shadow.None, Channels: OutputChannels.Alpha } or { Shadow: not Shadow.None, Format: OutputFormat.Zip } =>
            throw Problem.InvalidParameter("shadow", "cannot be combined with channels=alpha or format=zip").AsException(),
        _ => this with { Edges = PostProcessMask ? default : Edges, Layout = Layout.Canonical(), ShadowOpacity = Shadow == Shadow.None ? DefaultShadowOpacity : ShadowOpacity },
    };
}
