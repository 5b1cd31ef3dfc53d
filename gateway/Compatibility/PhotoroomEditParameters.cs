using System.Globalization;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Uploads;

namespace Rembg.Gateway.Compatibility;

/// <summary>
/// Photoroom's API v2 as options of ours. The subject is fitted into a document (<c>outputSize</c>) less margin and padding, and aligned in it.
/// What has no effect here is listed, as the vendor lists it, and never refused: its AI, and the layouts that <see cref="Layout"/> does not have.
/// </summary>
/// <param name="Options">The cutout.</param>
/// <param name="Unsupported">Names of the attributes without effect.</param>
internal sealed record PhotoroomEditParameters(CutoutOptions Options, IReadOnlyList<string> Unsupported)
{
    private static readonly string[] Sides = ["Top", "Right", "Bottom", "Left"];

    /// <summary>Where the image and its background may be.</summary>
    public static UploadFields Image { get; } = new(new HashSet<string> { "imageFile" }, Url: "imageUrl")
    {
        Background = new("background.imageFile", "background.imageUrl", "background.color"),
    };

    /// <exception cref="ProblemException">400: a value that is not the vendor's.</exception>
    public static PhotoroomEditParameters Read(UploadForm form)
    {
        var given = new Given();
        foreach (var (name, value) in form.Parameters)
            if (value.Length > 0) given.Values[name] = value;

        // 1. Without the mask there is nothing that we would do.
        if (!given.Flag("removeBackground", initial: true)) throw Invalid("removeBackground", "must be true: this server only removes backgrounds");

        // 2. Background, shadow, file format.
        List<KeyValuePair<string, string>> options = [];
        if (given.Take("background.color") is { } colour && colour != "transparent") Add("background.color", "bg_color", colour);
        given.Only("background.scaling", "fill");
        if (given.Take("shadow.mode") is { } shadow) Add("shadow.mode", "shadow", shadow.StartsWith("ai.", StringComparison.Ordinal) ? "drop" : throw Invalid("shadow.mode", "must begin with ai."));
        var format = given.Take("export.format") ?? "png";
        Add("export.format", "format", format != "zip" ? format : throw Invalid("export.format", "must be one of png, jpeg, jpg, webp, avif"));
        if (format is "jpeg" or "jpg") options.Add(new("quality", "80"));
        if (format == "avif") options.Add(new("quality", "90")); // of WebP it is our own

        // 3. The layout.
        options.AddRange(Layout(given));
        if (given.Take("maxWidth") is { } width) Add("maxWidth", "max_width", width);
        if (given.Take("maxHeight") is { } height) Add("maxHeight", "max_height", height);

        // 4. What is the vendor's default anyway; the rest has no effect.
        given.Only("keepExistingAlphaChannel", "never");
        given.Only("preserveMetadata", "never");
        given.Only("colorSpace", "sRGB");
        return new(CutoutOptions.Parse(options, form.Background), [.. given.Values.Keys.Where(IsName).Order(StringComparer.Ordinal)]);

        void Add(string name, string option, string value)
        {
            var known = CutoutOption.Named(option);
            if (known.Set(CutoutOptions.Default, value) is null) throw Invalid(name, known.Rule);
            options.Add(new(option, value));
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Layout(Given given)
    {
        var size = given.Take("outputSize") ?? "auto";
        given.Only("scaling", "fit");
        var isImages = size is "auto" or "originalImage"; // the canvas
        var isWhole = given.Only("referenceBox", "subjectBox", isImages ? "originalImage" : "subjectBox") == "originalImage";
        if (given.Values.GetValueOrDefault("referenceBox") is not (null or "originalImage")) throw Invalid("referenceBox", "must be subjectBox or originalImage");
        var (across, down) = (Alignment(given, "horizontalAlignment", "left", "right"), Alignment(given, "verticalAlignment", "top", "bottom"));
        return size switch
        {
            "croppedSubject" => Cropped(Insets.Take(given)),
            _ when isImages => isWhole ? [] : OnTheImage(given, across, down),
            _ => CanvasSize.Parse(size) is { } canvas ? OnCanvas(canvas, Insets.Take(given), across, down) : throw Invalid("outputSize", "must be auto, originalImage, croppedSubject or WIDTHxHEIGHT"),
        };
    }

    /// <summary>The document is the subject with what is around it: insets are shares of it, crop margins shares of the subject.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Cropped(Insets insets)
    {
        var (across, down) = (1 - insets.Ratio("Left") - insets.Ratio("Right"), 1 - insets.Ratio("Top") - insets.Ratio("Bottom"));
        var margins = Sides.Select(side => insets.Pixels(side) > 0 ? Text(insets.Pixels(side), "px") : Text(100 * insets.Ratio(side) / (side is "Left" or "Right" ? across : down), "%"));
        return [new("crop", "true"), new("crop_margin", string.Join(' ', margins))];
    }

    /// <summary>The document is as large as the image, whose size is not known here: only equal shares on all sides can be said of it.</summary>
    private static IEnumerable<KeyValuePair<string, string>> OnTheImage(Given given, string across, string down)
    {
        var insets = Insets.Of(given);
        var share = insets.Ratio("Top");
        if (Sides.All(side => insets.Pixels(side) == 0 && insets.Ratio(side) == share)) Insets.Take(given);
        else share = 0;
        return [new("scale", Text(Math.Max(10, 100 * (1 - 2 * share)), "%")), new("position", $"{across} {down}")];
    }

    private static IEnumerable<KeyValuePair<string, string>> OnCanvas(CanvasSize canvas, Insets insets, string across, string down)
    {
        var padding = Sides.Select(side => Text(insets.Pixels(side) + insets.Ratio(side) * (side is "Left" or "Right" ? canvas.Width : canvas.Height), "px"));
        return [new("output_size", canvas.ToString()), new("padding", string.Join(' ', padding)), new("position", $"{across} {down}")];
    }

    private static string Alignment(Given given, string name, string first, string last) => given.Take(name) switch
    {
        null or "center" => "50%",
        var value when value == first => "0%",
        var value when value == last => "100%",
        _ => throw Invalid(name, $"must be {first}, center or {last}"),
    };

    /// <summary>A name that a header may repeat.</summary>
    private static bool IsName(string name) => name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static string Text(double value, string unit) => Math.Round(value, 3).ToString(CultureInfo.InvariantCulture) + unit;

    private static ProblemException Invalid(string name, string rule) => Problem.InvalidParameter(name, rule).AsException();

    /// <summary>The parameters that nobody has taken yet, by name; of a repeated one the last value.</summary>
    private sealed class Given
    {
        public Dictionary<string, string> Values { get; } = new(StringComparer.Ordinal);

        public string? Take(string name) => Values.Remove(name, out var value) ? value : null;

        public bool Flag(string name, bool initial) => Take(name) switch
        {
            null => initial,
            "true" or "True" => true,
            "false" or "False" => false,
            _ => throw Invalid(name, "must be boolean"),
        };

        /// <summary>Takes a value that we have; another stays, and has no effect.</summary>
        public string? Only(string name, params string[] values) => Values.TryGetValue(name, out var value) && values.Contains(value) ? Take(name) : null;
    }

    /// <summary>Margin and padding together: the padding is a share of what the margin leaves.</summary>
    private sealed record Insets(Dictionary<string, (double Ratio, double Pixels)> Margin, Dictionary<string, (double Ratio, double Pixels)> Padding)
    {
        public double Pixels(string side) => Margin[side].Pixels + Padding[side].Pixels;

        public double Ratio(string side)
        {
            var left = 1 - Margin[side].Ratio - Margin[Opposite(side)].Ratio;
            return Margin[side].Ratio + left * Padding[side].Ratio;
        }

        public static Insets Of(Given given) => new(Read(given, "margin"), Read(given, "padding"));

        public static Insets Take(Given given)
        {
            var insets = Of(given);
            foreach (var name in (string[])["margin", "padding"])
                foreach (var side in Sides.Append("")) given.Take(name + side);
            return insets;
        }

        private static Dictionary<string, (double Ratio, double Pixels)> Read(Given given, string name) => Sides.ToDictionary(side => side, side =>
            given.Values.TryGetValue(name + side, out var own) ? Parse(name + side, own)
            : given.Values.TryGetValue(name, out var all) ? Parse(name, all) : default);

        /// <summary>0 to 0.49, "0%" to "49%", or pixels.</summary>
        private static (double Ratio, double Pixels) Parse(string name, string text)
        {
            var isPixels = text.EndsWith("px", StringComparison.Ordinal);
            var number = isPixels ? text[..^2] : text.TrimEnd('%');
            if (!double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) throw Invalid(name, Rule);
            if (isPixels) return value <= CanvasSize.MaxSide ? (0, value) : throw Invalid(name, Rule);
            var ratio = number.Length < text.Length ? value / 100 : value;
            return ratio <= 0.49 ? (ratio, 0) : throw Invalid(name, Rule);
        }

        private const string Rule = "must be a number from 0 to 0.49, a percentage from 0% to 49%, or pixels such as 100px";

        private static string Opposite(string side) => side switch { "Top" => "Bottom", "Bottom" => "Top", "Left" => "Right", _ => "Left" };
    }
}
