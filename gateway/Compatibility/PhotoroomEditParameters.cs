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
    /// <summary>Where the image and its background may be.</summary>
    public static UploadFields Image { get; } = new(new HashSet<string> { "imageFile" }, Url: "imageUrl")
    {
        Background = new("background.imageFile", "background.imageUrl", "background.color"),
    };

    /// <exception cref="ProblemException">400: a value that is not the vendor's.</exception>
    public static PhotoroomEditParameters Read(UploadForm form)
    {
        var given = new PhotoroomFields();
        foreach (var (name, value) in form.Parameters)
            if (value.Length > 0) given.Values[name] = value;

        // 1. Without the mask there is nothing that we would do.
        if (!given.Flag("removeBackground", initial: true)) throw PhotoroomFields.Invalid("removeBackground", "must be true: this server only removes backgrounds");

        // 2. Background, shadow, file format.
        List<KeyValuePair<string, string>> options = [];
        if (given.Take("background.color") is { } colour && colour != "transparent") Add("background.color", "bg_color", colour);
        given.Only("background.scaling", "fill");
        if (Blur(given) is { } blur && options.Count == 0) options.Add(new("bg_blur", blur)); // of one colour there is nothing to blur
        if (given.Take("shadow.mode") is { } shadow) Add("shadow.mode", "shadow", shadow.StartsWith("ai.", StringComparison.Ordinal) ? "drop" : throw PhotoroomFields.Invalid("shadow.mode", "must begin with ai."));
        var format = given.Take("export.format") ?? "png";
        Add("export.format", "format", format != "zip" ? format : throw PhotoroomFields.Invalid("export.format", "must be one of png, jpeg, jpg, webp, avif"));
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
            if (known.Set(CutoutOptions.Default, value) is null) throw PhotoroomFields.Invalid(name, known.Rule);
            options.Add(new(option, value));
        }
    }

    /// <summary>The radius as we have it; null where nothing is blurred. Bokeh is drawn as a Gaussian, and stays in the list.</summary>
    private static string? Blur(PhotoroomFields given)
    {
        if (!given.Values.TryGetValue("background.blur.mode", out var mode)) return null;
        if (mode is not ("gaussian" or "bokeh")) throw PhotoroomFields.Invalid("background.blur.mode", "must be gaussian or bokeh");
        given.Only("background.blur.mode", "gaussian");
        return Text(Math.Max(0.1, 100 * given.Ratio("background.blur.radius", initial: 0.01, most: 0.05)), "%");
    }

    private static IEnumerable<KeyValuePair<string, string>> Layout(PhotoroomFields given)
    {
        var size = given.Take("outputSize") ?? "auto";
        var isImages = size is "auto" or "originalImage"; // the canvas
        if (given.Values.GetValueOrDefault("scaling") is not (null or "fit" or "fill")) throw PhotoroomFields.Invalid("scaling", "must be fit or fill");
        var isFill = given.Only("scaling", isImages ? ["fit"] : ["fit", "fill"]) == "fill";
        var isWhole = given.Only("referenceBox", "subjectBox", isImages ? "originalImage" : "subjectBox") == "originalImage";
        if (given.Values.GetValueOrDefault("referenceBox") is not (null or "originalImage")) throw PhotoroomFields.Invalid("referenceBox", "must be subjectBox or originalImage");
        var (across, down) = (Alignment(given, "horizontalAlignment", "left", "right"), Alignment(given, "verticalAlignment", "top", "bottom"));
        return size switch
        {
            "croppedSubject" => Cropped(PhotoroomInsets.Take(given)),
            _ when isImages => isWhole ? [] : OnTheImage(given, across, down),
            _ => CanvasSize.Parse(size) is { } canvas ? OnCanvas(canvas, PhotoroomInsets.Take(given), isFill ? "cover" : "contain", across, down) : throw PhotoroomFields.Invalid("outputSize", "must be auto, originalImage, croppedSubject or WIDTHxHEIGHT"),
        };
    }

    /// <summary>The document is the subject with what is around it: insets are shares of it, crop margins shares of the subject.</summary>
    private static IEnumerable<KeyValuePair<string, string>> Cropped(PhotoroomInsets insets)
    {
        var (across, down) = (1 - insets.Ratio("Left") - insets.Ratio("Right"), 1 - insets.Ratio("Top") - insets.Ratio("Bottom"));
        var margins = PhotoroomFields.Sides.Select(side => insets.Pixels(side) > 0 ? Text(insets.Pixels(side), "px") : Text(100 * insets.Ratio(side) / (side is "Left" or "Right" ? across : down), "%"));
        return [new("crop", "true"), new("crop_margin", string.Join(' ', margins))];
    }

    /// <summary>The document is as large as the image, whose size is not known here: only equal shares on all sides can be said of it.</summary>
    private static IEnumerable<KeyValuePair<string, string>> OnTheImage(PhotoroomFields given, string across, string down)
    {
        var insets = PhotoroomInsets.Of(given);
        var share = insets.Ratio("Top");
        if (PhotoroomFields.Sides.All(side => insets.Pixels(side) == 0 && insets.Ratio(side) == share)) PhotoroomInsets.Take(given);
        else share = 0;
        return [new("scale", Text(Math.Max(10, 100 * (1 - 2 * share)), "%")), new("position", $"{across} {down}")];
    }

    private static IEnumerable<KeyValuePair<string, string>> OnCanvas(CanvasSize canvas, PhotoroomInsets insets, string fit, string across, string down)
    {
        var padding = PhotoroomFields.Sides.Select(side => Text(insets.Pixels(side) + insets.Ratio(side) * (side is "Left" or "Right" ? canvas.Width : canvas.Height), "px"));
        return [new("output_size", canvas.ToString()), new("padding", string.Join(' ', padding)), new("fit", fit), new("position", $"{across} {down}")];
    }

    private static string Alignment(PhotoroomFields given, string name, string first, string last) => given.Take(name) switch
    {
        null or "center" => "50%",
        var value when value == first => "0%",
        var value when value == last => "100%",
        _ => throw PhotoroomFields.Invalid(name, $"must be {first}, center or {last}"),
    };

    /// <summary>A name that a header may repeat.</summary>
    private static bool IsName(string name) => name.Length <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static string Text(double value, string unit) => Math.Round(value, 3).ToString(CultureInfo.InvariantCulture) + unit;

}
