using System.Globalization;

namespace Rembg.Contract.Cutouts;

/// <summary>
/// Where things go: which part of the image is looked at, and where its subject lies on which canvas. One record for the layouts of all
/// APIs. The semantics are those of remove.bg, and of Photoroom where remove.bg has nothing (<see cref="CanvasSize"/>, <see cref="Padding"/>).
/// </summary>
public sealed record Layout
{
    public static Layout None { get; } = new();

    /// <summary>The part of the upright image in which the subject is; all else is background. Null for all of it.</summary>
    public Region? Roi { get; init; }

    /// <summary>The canvas ends where the subject does, but for <see cref="CropMargin"/>.</summary>
    public bool Crop { get; init; }

    /// <summary>Around a cropped subject; percentages are of the subject's width and height.</summary>
    public Margins CropMargin { get; init; } = Margins.Zero;

    /// <summary>Size of the canvas in pixels; null for that of the image, or of the cropped subject.</summary>
    public CanvasSize? OutputSize { get; init; }

    /// <summary>Least distances between the subject and the edges of an <see cref="OutputSize"/>; percentages are of the shorter edge.</summary>
    public Margins Padding { get; init; } = Margins.Zero;

    /// <summary>How the subject fills what the padding leaves of an <see cref="OutputSize"/>.</summary>
    public SubjectFit Fit { get; init; }

    /// <summary>Percent of the canvas, 10 to 100, that the subject fills in one direction at least; null leaves its size.</summary>
    public double? Scale { get; init; }

    /// <summary>Where the subject lies; null leaves it where it was, or in the middle where it is scaled.</summary>
    public Position? Position { get; init; }

    /// <summary>Pixels that the canvas may have at most; a larger one is scaled down with all that is on it. Null for no bound.</summary>
    public int? MaxWidth { get; init; }
    public int? MaxHeight { get; init; }

    /// <summary>Options that have no effect beside the others are left out, so that equal layouts are equal text.</summary>
    internal Layout Canonical() => this with
    {
        CropMargin = Crop ? CropMargin : Margins.Zero,
        Padding = OutputSize is null ? Margins.Zero : Padding,
        Fit = OutputSize is null || Scale is not null ? default : Fit,
        Position = Position == Position.Original && Scale is null && OutputSize is null ? null : Position,
    };
}

/// <summary>As CSS' <c>object-fit</c>: all of the subject is seen, or nothing of its place is bare.</summary>
public enum SubjectFit { Contain, Cover }

/// <summary>A rectangle; percentages are of the upright image.</summary>
public sealed record Region(Length Left, Length Top, Length Right, Length Bottom)
{
    private static readonly Region All = new(Length.Zero, Length.Zero, new(100, IsPercent: true), new(100, IsPercent: true));

    public override string ToString() => $"{Left} {Top} {Right} {Bottom}";

    /// <returns>False when the text is none; a <paramref name="region"/> of null when it is the whole image.</returns>
    public static bool TryParse(string text, out Region? region)
    {
        region = Length.ParseAll(text) is [var left, var top, var right, var bottom] ? new(left, top, right, bottom) : null;
        var isRegion = region is not null;
        if (region == All) region = null;
        return isRegion;
    }
}

/// <summary>Distances around the subject.</summary>
public sealed record Margins(Length Top, Length Right, Length Bottom, Length Left)
{
    public static Margins Zero { get; } = new(default, default, default, default);

    public override string ToString() => $"{Top} {Right} {Bottom} {Left}";

    /// <summary>One length where all are equal.</summary>
    public string ToShortString() => Top == Right && Top == Bottom && Top == Left ? Top.ToString() : ToString();

    /// <summary>Whether none of those in percent is more.</summary>
    public bool IsAtMost(double percent)
    {
        foreach (var length in (ReadOnlySpan<Length>)[Top, Right, Bottom, Left])
            if (length.IsPercent && length.Value > percent) return false;
        return true;
    }

    /// <summary>One length for all sides, two for top and bottom, left and right, or four from the top clockwise; null for anything else.</summary>
    public static Margins? Parse(string text) => Length.ParseAll(text) switch
    {
        [var all] => new(all, all, all, all),
        [var vertical, var horizontal] => new(vertical, horizontal, vertical, horizontal),
        [var top, var right, var bottom, var left] => new(top, right, bottom, left),
        _ => null,
    };
}

/// <summary>Percent, 0 to 100, of the free space that lies left of the subject and above it, as CSS' <c>background-position</c>.</summary>
public sealed record Position(double Horizontal, double Vertical)
{
    /// <summary>Where it was in the image, even if it is scaled.</summary>
    public static Position Original { get; } = new(double.NaN, double.NaN);

    public static Position Center { get; } = new(50, 50);

    public override string ToString() => this == Original ? "original" : string.Create(CultureInfo.InvariantCulture, $"{Horizontal}% {Vertical}%");

    public static Position? Parse(string text) => text switch
    {
        "original" => Original,
        "center" => Center,
        _ => Length.ParseAll(text) switch
        {
            [var both] when IsShare(both) => new(both.Value, both.Value),
            [var horizontal, var vertical] when IsShare(horizontal) && IsShare(vertical) => new(horizontal.Value, vertical.Value),
            _ => null,
        },
    };

    private static bool IsShare(Length length) => (length.IsPercent || length.Value == 0) && length.Value <= 100;
}

/// <summary>Pixels of a canvas: each side at most 16,383, at most 50 megapixels.</summary>
public sealed record CanvasSize(int Width, int Height)
{
    public const int MaxSide = 16_383;
    public const long MaxPixels = 50_000_000;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Width}x{Height}");

    /// <summary>"2000x1500"; null for anything else, and beyond the limits.</summary>
    public static CanvasSize? Parse(string text) =>
        text.Split('x') is [var width, var height] && ParseSide(width) is { } w && ParseSide(height) is { } h && (long)w * h <= MaxPixels ? new(w, h) : null;

    /// <summary>1 to <see cref="MaxSide"/>; null for anything else.</summary>
    public static int? ParseSide(string text) =>
        text.Length <= 5 && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var side) && side is >= 1 and <= MaxSide ? side : null;
}
