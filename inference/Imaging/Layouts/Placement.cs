using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>
/// A <see cref="Layout"/> in pixels: the image is scaled to <see cref="Image"/>'s size and laid on the canvas with its corner at
/// <see cref="Image"/>'s left and top, which may lie outside. Only <see cref="Visible"/> is ever drawn.
/// </summary>
/// <param name="Width">Of the canvas, in pixels.</param>
/// <param name="Height">Of the canvas, in pixels.</param>
/// <param name="Image">The whole scaled image, in pixels of the canvas.</param>
/// <param name="Subject">The subject's box, in pixels of the canvas.</param>
internal sealed record Placement(int Width, int Height, Box Image, Box Subject)
{
    private const double MaxMarginPixels = 500, MaxMarginShare = 0.5;

    /// <summary>The part of the canvas that shows something of the image.</summary>
    public Box Visible => Image.Intersect(new(0, 0, Width, Height));

    /// <summary>The same in pixels of the scaled image.</summary>
    public Box Window => Visible.Move(-Image.Left, -Image.Top);

    /// <param name="width">Of the image that is laid out: the upright one, after <c>size</c>.</param>
    /// <param name="height">Likewise.</param>
    /// <param name="subject">Where its subject is; empty when there is none, and then nothing is laid out.</param>
    /// <param name="layout">What is asked.</param>
    public static Placement Of(int width, int height, Box subject, Layout layout)
    {
        if (subject.IsEmpty)
        {
            // Nothing to lay out: the canvas is what can be known without a subject.
            var size = layout.OutputSize ?? new CanvasSize(width, height);
            return new Placement(size.Width, size.Height, new(0, 0, width, height), default).Within(layout.MaxWidth, layout.MaxHeight);
        }

        // 1. The canvas, and where the subject is on it.
        var (canvasWidth, canvasHeight, at) = (width, height, subject);
        if (layout.OutputSize is { } exact) (canvasWidth, canvasHeight) = (exact.Width, exact.Height);
        else if (layout.Crop)
        {
            var margins = layout.CropMargin;
            var (left, right) = (Margin(margins.Left, subject.Width), Margin(margins.Right, subject.Width));
            var (top, bottom) = (Margin(margins.Top, subject.Height), Margin(margins.Bottom, subject.Height));
            (canvasWidth, canvasHeight) = (subject.Width + left + right, subject.Height + top + bottom);
            at = subject with { Left = left, Top = top };
        }

        // 2. The subject's size.
        var area = Area(layout, canvasWidth, canvasHeight);
        var factor = Factor(layout, area, subject);
        var (w, h) = factor == 1 ? (subject.Width, subject.Height) : (Scaled(subject.Width, factor), Scaled(subject.Height, factor));

        // 3. Its position.
        var isMoved = layout.Scale is not null || layout.OutputSize is not null;
        var position = layout.Position ?? (isMoved ? Position.Center : Position.Original);
        var (x, y) = position == Position.Original ? Stay(at, w, h, canvasWidth, canvasHeight, isMoved)
            : (Round(area.Left + position.Horizontal / 100 * (area.Width - w)), Round(area.Top + position.Vertical / 100 * (area.Height - h)));

        // 4. The image follows its subject.
        var image = factor == 1
            ? new Box(x - subject.Left, y - subject.Top, width, height)
            : new Box(x - Round(subject.Left * factor), y - Round(subject.Top * factor), Scaled(width, factor), Scaled(height, factor));
        return new Placement(canvasWidth, canvasHeight, image, new(x, y, w, h)).Within(layout.MaxWidth, layout.MaxHeight);
    }

    /// <summary>The same, scaled down to a canvas of at most so many pixels each way.</summary>
    private Placement Within(int? maxWidth, int? maxHeight)
    {
        var factor = Math.Min((double)(maxWidth ?? Width) / Width, (double)(maxHeight ?? Height) / Height);
        return factor >= 1 ? this : new(Scaled(Width, factor), Scaled(Height, factor), Shrink(Image), Shrink(Subject));

        Box Shrink(Box box) => box.IsEmpty ? default : new(Round(box.Left * factor), Round(box.Top * factor), Scaled(box.Width, factor), Scaled(box.Height, factor));
    }

    /// <summary>Before memory is taken for it.</summary>
    /// <exception cref="ProblemException">422: the canvas has too many pixels.</exception>
    public void CheckSize()
    {
        if (Width > CanvasSize.MaxSide || Height > CanvasSize.MaxSide || (long)Width * Height > CanvasSize.MaxPixels)
            throw Problem.ResolutionTooHigh($"The canvas would have {Width} x {Height} pixels.").AsException();
    }

    /// <summary>In pixels of the upright image; the tolerance of one pixel is for clients that round.</summary>
    /// <exception cref="ProblemException">400: outside of the image, or empty.</exception>
    public static Box Region(Region? roi, int width, int height)
    {
        if (roi is null) return new(0, 0, width, height);
        var (left, top, right, bottom) = (roi.Left.Of(width), roi.Top.Of(height), roi.Right.Of(width), roi.Bottom.Of(height));
        if (right > width + 1 || bottom > height + 1) throw Problem.RoiExceedsBounds(width, height).AsException();
        var (l, t, r, b) = (Round(left), Round(top), Math.Min(width, Round(right)), Math.Min(height, Round(bottom)));
        return r > l && b > t ? new(l, t, r - l, b - t) : throw Problem.RoiRegionEmpty().AsException();
    }

    /// <summary>The part of the canvas that the subject may fill: what the padding leaves, unless the subject's size is said otherwise.</summary>
    private static (double Left, double Top, double Width, double Height) Area(Layout layout, int canvasWidth, int canvasHeight)
    {
        if (layout.OutputSize is null || layout.Scale is not null) return (0, 0, canvasWidth, canvasHeight);
        var (padding, shorter) = (layout.Padding, Math.Min(canvasWidth, canvasHeight));
        var (left, top) = (padding.Left.Of(shorter), padding.Top.Of(shorter));
        return (left, top, Math.Max(1, canvasWidth - left - padding.Right.Of(shorter)), Math.Max(1, canvasHeight - top - padding.Bottom.Of(shorter)));
    }

    private static double Factor(Layout layout, (double Left, double Top, double Width, double Height) area, Box subject)
    {
        var (across, down) = (area.Width / subject.Width, area.Height / subject.Height);
        var fit = layout.Fit == SubjectFit.Cover ? Math.Max(across, down) : Math.Min(across, down);
        return layout.Scale is { } percent ? percent / 100 * fit : layout.OutputSize is null ? 1 : fit;
    }

    /// <summary>The subject keeps its centre; one that was scaled stays inside the canvas.</summary>
    private static (int X, int Y) Stay(Box at, int w, int h, int canvasWidth, int canvasHeight, bool isScaled)
    {
        if (!isScaled) return (at.Left, at.Top);
        return (Math.Clamp(Round(at.Left + (at.Width - w) / 2.0), 0, Math.Max(0, canvasWidth - w)), Math.Clamp(Round(at.Top + (at.Height - h) / 2.0), 0, Math.Max(0, canvasHeight - h)));
    }

    private static int Margin(Length margin, int side) => Round(Math.Min(Math.Min(margin.Of(side), MaxMarginShare * side), MaxMarginPixels));

    private static int Scaled(int length, double factor) => Math.Max(1, Round(length * factor));

    private static int Round(double value) => (int)Math.Round(value, MidpointRounding.AwayFromZero);
}
