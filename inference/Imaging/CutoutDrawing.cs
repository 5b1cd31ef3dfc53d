using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>The rows of one answer: the photograph under its mask, laid out on the canvas, with what is behind it. Each method decodes the photograph anew.</summary>
/// <param name="file">The photograph.</param>
/// <param name="header">Of the photograph.</param>
/// <param name="mask">Of the photograph.</param>
/// <param name="edges">What clean edges need; null for raw ones.</param>
/// <param name="options">What is asked.</param>
/// <param name="placement">Where the scaled photograph lies on the canvas.</param>
/// <param name="seen">What the mask covers, in pixels of the scaled photograph.</param>
/// <param name="layer">Behind the subject; null for none.</param>
internal sealed class CutoutDrawing(
    ReadOnlyMemory<byte> file, ImageHeader header, Mask mask, EdgeMaps? edges, CutoutOptions options, Placement placement, Box seen, BackgroundLayer? layer)
{
    private readonly int _width = placement.Width, _height = placement.Height;

    /// <summary>Whether the colours beside an alpha are the photograph's own, which need not be coded again.</summary>
    public bool HasThePhotographsPixels =>
        edges is null && !HasPictureBehind && options.Background is null
        && header is { Format: ImageFormat.Jpeg, IsSrgb: true, Orientation: 1, EndIsMissing: false }
        && placement.Image == new Box(0, 0, header.Width, header.Height) && _width == header.Width && _height == header.Height;

    private bool HasPictureBehind => layer is not null || options.BackgroundBlur is not null;

    /// <summary>Rows of one picture: RGBA, RGB for JPEG, one channel for a mask.</summary>
    public RowSource Cutout()
    {
        if (options.Channels == OutputChannels.Alpha) return OnCanvas(Alpha(), [0]);
        var isJpg = options.Format == OutputFormat.Jpg;
        var (background, channels) = (isJpg ? OverWhite(options.Background ?? new Rgba(0, 0, 0, 0)) : options.Background, isJpg ? 3 : 4);
        if (options.Shadow == Shadow.None && !HasPictureBehind) return OnCanvas(Subject(background, channels), Pixel(background));

        // A background of many colours, a shadow on it, and the subject over both.
        var under = HasPictureBehind ? PictureBehind(isJpg ? Rgba.White : null) : null;
        if (options.Shadow != Shadow.None)
        {
            var cast = DropShadow.Alpha(mask, seen.Move(placement.Image.Left, placement.Image.Top), placement, options.ShadowOpacity);
            var shadow = new ShadowRows(cast, under is null ? background : null);
            under = under is null ? shadow : new OverRows(shadow, under, channels: 4);
        }
        return SubjectOver(under!, channels);
    }

    /// <summary>RGB rows for a file that has its alpha in another: over the background, if there is one.</summary>
    public RowSource Colours()
    {
        if (HasPictureBehind) return SubjectOver(PictureBehind(Rgba.White), channels: 3);
        if (options.Background is { } colour) return OnCanvas(Subject(OverWhite(colour), channels: 3), Pixel(OverWhite(colour)));
        var photo = Photo(PhotoColours.Srgb);
        return OnCanvas(edges is null ? photo : Clean(photo, edges, extends: true), [255, 255, 255]);
    }

    /// <summary>The alpha beside <see cref="Colours"/>: all of it is opaque over an image, which lies on white where it is not.</summary>
    public RowSource AlphaBesideColours() =>
        HasPictureBehind ? new SolidRows(_width, _height, [255])
        : options.Background is { } colour ? new BehindRows(OnCanvas(Alpha(), [0]), colour.A)
        : OnCanvas(Alpha(), [0]);

    /// <summary>RGBA rows of the canvas: the background image or, blurred, that or the photograph itself.</summary>
    /// <param name="colour">Under an image that is not opaque.</param>
    private RowSource PictureBehind(Rgba? colour)
    {
        if (options.BackgroundBlur is not { } percent) return layer!.Rows(_width, _height, colour);
        var image = layer is null ? placement.Image : new Box(0, 0, _width, _height);
        var (width, height) = BlurredPicture.Size(image.Width, image.Height, percent);
        if (layer is not null) return BlurredPicture.Of(layer.OpaqueRows(width, height), percent).Rows(_width, _height, image);
        var photo = ScaledImage.Open(file, header, width, height, new(0, 0, width, height), PhotoColours.SrgbWithAlpha);
        var around = BlurredPicture.Around(edges?.Mask ?? mask, seen.Scale(image.Width, image.Height, width, height), width, height);
        return BlurredPicture.Of(new CutoutRows(photo, new SolidRows(width, height, [255]), Rgba.White, channels: 3), percent, around).Rows(_width, _height, image);
    }

    private OverRows SubjectOver(RowSource under, int channels)
    {
        try
        {
            return new OverRows(OnCanvas(Subject(background: null, channels: 4), Pixel(null)), under, channels);
        }
        catch
        {
            under.Dispose();
            throw;
        }
    }

    /// <summary>What is on the canvas of the photograph, with the mask as its alpha.</summary>
    private CutoutRows Subject(Rgba? background, int channels)
    {
        var photo = Photo(PhotoColours.SrgbWithAlpha);
        try
        {
            if (edges is null) return new CutoutRows(photo, MaskAlpha(), background, channels);
            var clean = Clean(photo, edges);
            return new CutoutRows(clean, new CleanAlphaRows(clean), background, channels);
        }
        catch
        {
            photo.Dispose();
            throw;
        }
    }

    private EdgeRows Clean(RowSource photo, EdgeMaps maps, bool extends = false) =>
        new(photo, MaskAlpha(maps.Mask), maps, seen.Move(-placement.Window.Left, -placement.Window.Top), extends);

    /// <summary>The part of the scaled photograph that is on the canvas.</summary>
    private RowSource Photo(PhotoColours colours) => ScaledImage.Open(file, header, placement.Image.Width, placement.Image.Height, placement.Window, colours);

    /// <summary>The alpha that a PNG of the same cutout has; with raw edges, a mask alone is what the model says.</summary>
    private RowSource Alpha()
    {
        if (edges is not null) return new EdgeAlphaRows(Clean(Photo(PhotoColours.SrgbWithAlpha), edges));
        return header.HasAlpha && options.Channels == OutputChannels.Rgba ? new OwnAlphaRows(MaskAlpha(), Photo(PhotoColours.SrgbWithAlpha)) : MaskAlpha();
    }

    private RowSource MaskAlpha() => MaskAlpha(mask);

    /// <summary>The same part of the mask as of the photograph; nothing outside of what it covers.</summary>
    private RowSource MaskAlpha(Mask from)
    {
        var (window, inside) = (placement.Window, placement.Window.Intersect(seen));
        if (inside.IsEmpty) return new SolidRows(window.Width, window.Height, [0]);
        RowSource alpha = new MaskRows(from);
        if (inside.Width != from.Width || inside.Height != from.Height || inside != seen)
        {
            alpha = new ResizedRows(alpha,
                new LanczosWeights(from.Width, seen.Width, from.Width, inside.Left - seen.Left, inside.Width),
                new LanczosWeights(from.Height, seen.Height, from.Height, inside.Top - seen.Top, inside.Height));
        }
        if (options.PostProcessMask) alpha = new SmoothedRows(alpha);
        return inside == window ? alpha : new PlacedRows(alpha, window.Width, window.Height, inside.Left - window.Left, inside.Top - window.Top, [0]);
    }

    private RowSource OnCanvas(RowSource rows, ReadOnlySpan<byte> colour)
    {
        var visible = placement.Visible;
        return visible == new Box(0, 0, _width, _height) ? rows : new PlacedRows(rows, _width, _height, visible.Left, visible.Top, colour);
    }

    private static byte[] Pixel(Rgba? colour) => colour is { A: > 0 } c ? [c.R, c.G, c.B, c.A] : [0, 0, 0, 0];

    private static Rgba OverWhite(Rgba colour)
    {
        byte Mix(byte value) => (byte)((value * colour.A + 255 * (255 - colour.A) + 127) / 255);
        return new(Mix(colour.R), Mix(colour.G), Mix(colour.B));
    }
}
