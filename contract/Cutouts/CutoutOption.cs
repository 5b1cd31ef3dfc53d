using System.Globalization;
using Rembg.Contract.Problems;

namespace Rembg.Contract.Cutouts;

/// <summary>
/// One option of a cutout: its public name and all that is known of it. <see cref="All"/> is the only place that lists the options: parser,
/// canonical query (which is the cache key and what pods are sent), OpenAPI and <c>docs/api.md</c> are made from it.
/// </summary>
/// <param name="Name">As forms and queries name it.</param>
/// <param name="Text">For callers: what it does.</param>
/// <param name="Values">All that it may be, the default first; null where it is free text.</param>
/// <param name="Set">The options with the value, or null when it is malformed.</param>
/// <param name="Write">The value in its canonical form, or null when it is the default. Defaults are not sent, so that a newer gateway can use older pods.</param>
public sealed record CutoutOption(
    string Name, string Text, IReadOnlyList<string>? Values, Func<CutoutOptions, string, CutoutOptions?> Set, Func<CutoutOptions, string?> Write)
{
    /// <summary>What a value must be, for the problem that refuses another.</summary>
    public string Rule { get; init; } = Values is null ? "" : $"must be one of {string.Join(", ", Values)}";

    /// <summary>In the order of the canonical query.</summary>
    public static IReadOnlyList<CutoutOption> All { get; } =
    [
        new("model", "A loaded model (`GET /v1/models`); the default model if absent.", null,
            (options, value) => IsModelName(value) ? options with { Model = value } : null, options => options.Model)
            { Rule = "must be the name of a loaded model; GET /v1/models lists them" },
        OneOf<OutputFormat>("format", "File format of the cutout. `jpg` lies on `bg_color` or white; `zip` holds `color.jpg` and `alpha.png`; `avif` is the smallest.",
            (options, value) => options with { Format = value }, options => options.Format, ("jpeg", OutputFormat.Jpg)),
        new("quality", "1 to 100 of `jpg` (92 if absent), `webp` (90) or `avif` (60). Not with `png` or `zip`.", null,
            (options, value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var quality) && quality is >= 1 and <= 100 ? options with { Quality = quality } : null,
            options => options.Quality?.ToString(CultureInfo.InvariantCulture))
            { Rule = "must be a whole number from 1 to 100" },
        OneOf<OutputChannels>("channels", "The image with its alpha, or the mask alone as 8-bit grey.",
            (options, value) => options with { Channels = value }, options => options.Channels),
        OneOf<OutputSize>("size", "At most 0.25, 1.5 or 4 megapixels; `full` is the image's own size. Nothing is enlarged.",
            (options, value) => options with { Size = value }, options => options.Size),
        new("bg_color", "Colour behind the subject: 3, 4, 6 or 8 hex digits, or a CSS name. Not with `channels=alpha`. In a ZIP both files have it.", null,
            (options, value) => Rgba.TryParse(value, out var colour) ? options with { Background = colour } : null, options => options.Background?.ToString())
            { Rule = "must be 3, 4, 6 or 8 hex digits or a colour name" },
        new("bg_blur", "The photograph itself behind the subject, blurred, or the background image, if there is one: `0.1%` to `5%` of the longer side. Not with `bg_color`.", null,
            (options, value) => Length.TryParse(value, out var blur) && blur is { IsPercent: true, Value: >= 0.1 and <= 5 } ? options with { BackgroundBlur = blur.Value } : null,
            options => options.BackgroundBlur is { } blur ? string.Create(CultureInfo.InvariantCulture, $"{blur}%") : null)
            { Rule = "must be 0.1% to 5%" },
        Flag("post_process_mask", "A smoothed mask without half-transparent parts.", (options, value) => options with { PostProcessMask = value }, options => options.PostProcessMask),
        OneOf<EdgeMode>("edges", "`clean`: alpha follows the image's colours where the mask is unsure, and half-transparent pixels lose the old background. `raw`: the mask as it is, enlarged.",
            (options, value) => options with { Edges = value }, options => options.Edges),
        new("roi", "The part of the image in which the subject is, as `left top right bottom` in `px` or `%`. The rest becomes background.", null,
            (options, value) => Region.TryParse(value, out var roi) ? options.With(layout => layout with { Roi = roi }) : null, options => options.Layout.Roi?.ToString())
            { Rule = "must be four lengths, left top right bottom, in px or %" },
        Flag("crop", "The canvas ends where the subject does.", (options, value) => options.With(layout => layout with { Crop = value }), options => options.Layout.Crop),
        new("crop_margin", "Around a cropped subject: one, two or four lengths in `px`, or in `%` of the subject; at most 50 % or 500 px a side.", null,
            (options, value) => Margins.Parse(value) is { } margins ? options.With(layout => layout with { CropMargin = margins }) : null,
            options => options.Layout.CropMargin == Margins.Zero ? null : options.Layout.CropMargin.ToString())
            { Rule = "must be one, two or four lengths in px or %" },
        new("output_size", "Exact size of the canvas, for example `2000x2000`; the subject is scaled to fit.", null,
            (options, value) => CanvasSize.Parse(value) is { } size ? options.With(layout => layout with { OutputSize = size }) : null, options => options.Layout.OutputSize?.ToString())
            { Rule = $"must be WIDTHxHEIGHT, each side at most {CanvasSize.MaxSide}, at most 50 megapixels" },
        new("padding", "Least distance between the subject and the edges of `output_size`: one, two or four lengths in `px`, or in `%` of the shorter edge; at most 49 %.", null,
            (options, value) => Margins.Parse(value) is { } padding && padding.IsAtMost(percent: 49) ? options.With(layout => layout with { Padding = padding }) : null,
            options => options.Layout.Padding == Margins.Zero ? null : options.Layout.Padding.ToShortString())
            { Rule = "must be one, two or four lengths in px, or in % up to 49" },
        OneOf<SubjectFit>("fit", "How the subject fills what `padding` leaves of `output_size`: `contain` shows all of it, `cover` leaves nothing bare.",
            (options, value) => options.With(layout => layout with { Fit = value }), options => options.Layout.Fit),
        new("scale", "Share of the canvas that the subject fills: `10%` to `100%`, or `original`.", null, SetScale,
            options => options.Layout.Scale is { } scale ? string.Create(CultureInfo.InvariantCulture, $"{scale}%") : null)
            { Rule = "must be original, or 10% to 100%" },
        new("position", "Where the subject lies: `original`, `center`, or one or two percentages (horizontal, vertical). `center` where `scale` is given.", null,
            (options, value) => Position.Parse(value) is { } position ? options.With(layout => layout with { Position = position }) : null, options => options.Layout.Position?.ToString())
            { Rule = "must be original, center, or one or two percentages" },
        Side("max_width", "Most pixels of the finished canvas; a wider one is scaled down.", (layout, side) => layout with { MaxWidth = side }, layout => layout.MaxWidth),
        Side("max_height", "Likewise of its height.", (layout, side) => layout with { MaxHeight = side }, layout => layout.MaxHeight),
        OneOf<Shadow>("shadow", "A soft shadow under the subject. Not with `channels=alpha` or `format=zip`.", (options, value) => options with { Shadow = value }, options => options.Shadow),
        new("shadow_opacity", "Percent, 0 to 100; 50 if absent.", null,
            (options, value) => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100 ? options with { ShadowOpacity = percent } : null,
            options => options.ShadowOpacity == CutoutOptions.DefaultShadowOpacity ? null : options.ShadowOpacity.ToString(CultureInfo.InvariantCulture))
            { Rule = "must be a whole number from 0 to 100" },
    ];

    private static readonly Dictionary<string, CutoutOption> ByName = All.ToDictionary(option => option.Name, StringComparer.Ordinal);

    /// <exception cref="ProblemException">400: there is no option of that name.</exception>
    public static CutoutOption Named(string name) => ByName.TryGetValue(name, out var option) ? option : throw Problem.UnknownParameter(name).AsException();

    private static CutoutOption OneOf<T>(string name, string text, Func<CutoutOptions, T, CutoutOptions> set, Func<CutoutOptions, T> get, params (string Alias, T Value)[] aliases)
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>().ToDictionary(Word);
        var accepted = aliases.Select(alias => KeyValuePair.Create(alias.Alias, alias.Value)).Concat(values).ToDictionary(StringComparer.Ordinal);
        return new(name, text, [.. values.Keys],
            (options, value) => accepted.TryGetValue(value, out var known) ? set(options, known) : null,
            options => get(options) is var value && !EqualityComparer<T>.Default.Equals(value, default) ? Word(value) : null);

        static string Word(T value) => value.ToString().ToLowerInvariant();
    }

    private static CutoutOption Flag(string name, string text, Func<CutoutOptions, bool, CutoutOptions> set, Func<CutoutOptions, bool> get) => new(name, text, ["false", "true"],
        (options, value) => value switch
        {
            "true" or "True" or "1" => set(options, true),
            "false" or "False" or "0" => set(options, false),
            _ => null,
        },
        options => get(options) ? "true" : null)
    { Rule = "must be true or false" };

    private static CutoutOption Side(string name, string text, Func<Layout, int, Layout> set, Func<Layout, int?> get) => new(name, text, null,
        (options, value) => CanvasSize.ParseSide(value) is { } side ? options.With(layout => set(layout, side)) : null,
        options => get(options.Layout)?.ToString(CultureInfo.InvariantCulture))
    { Rule = $"must be a whole number from 1 to {CanvasSize.MaxSide}" };

    private static CutoutOptions? SetScale(CutoutOptions options, string value) =>
        value == "original" ? options.With(layout => layout with { Scale = null })
        : Length.TryParse(value, out var scale) && scale is { IsPercent: true, Value: >= 10 and <= 100 } ? options.With(layout => layout with { Scale = scale.Value })
        : null;

    private static bool IsModelName(string value) => value.Length is > 0 and <= 64 && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
