using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>
/// The answer, planned from header, mask and options without decoding, then written: the photograph is decoded once,
/// at the size that is needed, and streamed through mask, filter and deflate into the pipe.
/// </summary>
public sealed class CutoutEncoder
{
    // Encoded bytes are handed to the client about so often; also how often a cancelled request is noticed.
    private const int RowsAFlush = 64;

    /// <summary>Of the archive's files: the same cutout has the same bytes at any time.</summary>
    private static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ImageHeader _header;
    private readonly Mask _mask;
    private readonly CutoutOptions _options;
    private readonly Placement _placement;
    private readonly BackgroundPicture? _picture;

    /// <summary>What the mask covers, in pixels of the upright image and of the scaled image.</summary>
    private readonly Box _region, _seen;

    private CutoutEncoder(ImageHeader header, Mask mask, CutoutOptions options, BackgroundPicture? picture)
    {
        (_header, _mask, _options, _picture) = (header, mask, options, picture);
        var (fullWidth, fullHeight) = (header.UprightWidth, header.UprightHeight);
        var (width, height) = Fit(fullWidth, fullHeight, options.MaxPixels);
        var seen = _region = Placement.Region(options.Layout.Roi, fullWidth, fullHeight);

        _placement = Place(width, height);
        _placement.CheckSize();
        _seen = seen.Scale(fullWidth, fullHeight, _placement.Image.Width, _placement.Image.Height);
        var largest = width == fullWidth && height == fullHeight ? _placement : Place(fullWidth, fullHeight);
        (MaxWidth, MaxHeight) = (largest.Width, largest.Height);

        Placement Place(int w, int h)
        {
            var inside = seen.Scale(fullWidth, fullHeight, w, h);
            // Smoothing makes the mask binary at its middle.
            var subject = Imaging.Foreground.Of(mask, options.PostProcessMask ? SmoothedRows.Threshold : Imaging.Foreground.VisibleAlpha, inside.Width, inside.Height);
            return Placement.Of(w, h, subject.IsEmpty ? default : subject.Move(inside.Left, inside.Top), options.Layout);
        }
    }

    /// <summary>Size of the canvas in pixels.</summary>
    public int Width => _placement.Width;
    public int Height => _placement.Height;

    /// <summary>Size that the canvas would have with <c>size=full</c>.</summary>
    public int MaxWidth { get; }
    public int MaxHeight { get; }

    /// <summary>The subject's box in pixels of the canvas; empty when there is no subject.</summary>
    public Box Foreground => _placement.Subject.Intersect(new(0, 0, Width, Height));
    public string ContentType => _options.ContentType;

    /// <summary>See <see cref="Mask.Uncertainty"/>.</summary>
    public double Uncertainty => _mask.Uncertainty;

    /// <summary>Bytes that <see cref="Write"/> holds at its peak, besides the file and the mask.</summary>
    public long DecodedBytes =>
        CutoutMemory.Of(_header, _options, Width, Height, ScaledImage.DecodedSize(_header, _placement.Image.Width, _placement.Image.Height), _mask.Width, _mask.Height)
        + (_picture?.DecodedBytes(Width, Height) ?? 0);

    /// <summary>Decides everything that an answer's headers say.</summary>
    /// <param name="header">Of the image.</param>
    /// <param name="mask">Of the image.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="picture">Behind the subject; null for none.</param>
    /// <exception cref="Contract.Problems.ProblemException">400: the region of interest lies outside the image. 422: the canvas has too many pixels.</exception>
    internal static CutoutEncoder Plan(ImageHeader header, Mask mask, CutoutOptions options, BackgroundPicture? picture = null) => new(header, mask, options, picture);

    /// <summary>
    /// Writes the picture and flushes; the pipe is left open. Blocks its thread, also for a reader that is slow: rows belong to
    /// the thread that decodes them, and no more pictures are written at once than there are cores.
    /// </summary>
    /// <param name="file">The photograph.</param>
    /// <param name="output">Takes the picture.</param>
    /// <param name="cancellation">Ends it between rows.</param>
    /// <param name="input">What the model saw, where it was run just now: saves clean edges a decode of the same, and makes the same bytes.</param>
    /// <exception cref="Contract.Problems.ProblemException">
    /// 422 when the file cannot be decoded. A file that <see cref="InputImage"/> has decoded gives this before the first
    /// byte at the latest, or not at all.
    /// </exception>
    public void Write(ReadOnlyMemory<byte> file, PipeWriter output, CancellationToken cancellation, ReadOnlyMemory<byte> input = default)
    {
        var edges = _options.HasCleanEdges ? Edges(file, input.Span, cancellation) : null;
        if (_options.Format == OutputFormat.Zip)
        {
            WriteZip(file, edges, output, cancellation);
            return;
        }
        using var rows = Rows(file, edges);
        WritePicture(rows, _options.Format, _options.Quality, output, cancellation);
    }

    /// <summary>At most that many pixels, same aspect ratio, at least one pixel each way; never enlarged.</summary>
    internal static (int Width, int Height) Fit(int width, int height, long? maxPixels)
    {
        var pixels = (double)width * height;
        if (maxPixels is not { } max || pixels <= max) return (width, height);
        var scale = Math.Sqrt(max / pixels);
        // Rounding down keeps the promise; a side that is already one pixel leaves all of it to the other.
        return width * scale < 1 ? (1, (int)Math.Min(height, max))
            : height * scale < 1 ? ((int)Math.Min(width, max), 1)
            : ((int)(width * scale), (int)(height * scale));
    }

    /// <summary>What clean edges need, from a small view of what the mask covers.</summary>
    private EdgeMaps Edges(ReadOnlyMemory<byte> file, ReadOnlySpan<byte> input, CancellationToken cancellation)
    {
        if (_header.IsSrgb && !input.IsEmpty) return EdgeMaps.Of(_mask, input, EdgeMaps.CanRefine(_mask, _region));
        var view = ArrayPool<byte>.Shared.Rent(3 * _mask.Values.Length);
        try
        {
            var rgb = view.AsSpan(0, 3 * _mask.Values.Length);
            InputImage.Decode(file, _header, _region, _mask.Width, _mask.Height, rgb, PhotoColours.Srgb, cancellation);
            return EdgeMaps.Of(_mask, rgb, EdgeMaps.CanRefine(_mask, _region));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(view);
        }
    }

    private RowSource Rows(ReadOnlyMemory<byte> file, EdgeMaps? edges)
    {
        if (_options.Channels == OutputChannels.Alpha) return OnCanvas(Alpha(file, edges), [0]);
        var isJpg = _options.Format == OutputFormat.Jpg;
        var (background, channels) = (isJpg ? OverWhite(_options.Background ?? new Rgba(0, 0, 0, 0)) : _options.Background, isJpg ? 3 : 4);
        if (_options.Shadow == Shadow.None && _picture is null)
            return OnCanvas(Subject(file, edges, background, channels), Pixel(background));

        // A background of many colours, a shadow on it, and the subject over both.
        var under = _picture?.Rows(Width, Height, isJpg ? Rgba.White : null);
        if (_options.Shadow != Shadow.None)
        {
            var seen = _seen.Move(_placement.Image.Left, _placement.Image.Top);
            var shadow = new ShadowRows(DropShadow.Alpha(_mask, seen, _placement, _options.ShadowOpacity), under is null ? background : null);
            under = under is null ? shadow : new OverRows(shadow, under, channels: 4);
        }
        return SubjectOver(under!, file, edges, channels);
    }

    private OverRows SubjectOver(RowSource under, ReadOnlyMemory<byte> file, EdgeMaps? edges, int channels)
    {
        try
        {
            return new OverRows(OnCanvas(Subject(file, edges, background: null, channels: 4), Pixel(null)), under, channels);
        }
        catch
        {
            under.Dispose();
            throw;
        }
    }

    /// <summary>What is on the canvas of the photograph, with the mask as its alpha.</summary>
    private CutoutRows Subject(ReadOnlyMemory<byte> file, EdgeMaps? edges, Rgba? background, int channels)
    {
        var photo = Photo(file, PhotoColours.SrgbWithAlpha);
        try
        {
            if (edges is null) return new CutoutRows(photo, Alpha(_mask), background, channels);
            var clean = Clean(photo, edges);
            return new CutoutRows(clean, new CleanAlphaRows(clean), background, channels);
        }
        catch
        {
            photo.Dispose();
            throw;
        }
    }

    private EdgeRows Clean(RowSource photo, EdgeMaps edges, bool extends = false) =>
        new(photo, Alpha(edges.Mask), edges, _seen.Move(-_placement.Window.Left, -_placement.Window.Top), extends);

    /// <summary>The part of the scaled photograph that is on the canvas.</summary>
    private RowSource Photo(ReadOnlyMemory<byte> file, PhotoColours colours) =>
        ScaledImage.Open(file, _header, _placement.Image.Width, _placement.Image.Height, _placement.Window, colours);

    /// <summary>The alpha that a PNG of the same cutout has; with raw edges, a mask alone is what the model says.</summary>
    private RowSource Alpha(ReadOnlyMemory<byte> file, EdgeMaps? edges)
    {
        if (edges is not null) return new EdgeAlphaRows(Clean(Photo(file, PhotoColours.SrgbWithAlpha), edges));
        return _header.HasAlpha && _options.Channels == OutputChannels.Rgba ? new OwnAlphaRows(Alpha(_mask), Photo(file, PhotoColours.SrgbWithAlpha)) : Alpha(_mask);
    }

    /// <summary>The same part of the mask; nothing outside of what it covers.</summary>
    private RowSource Alpha(Mask mask)
    {
        var (window, seen) = (_placement.Window, _placement.Window.Intersect(_seen));
        if (seen.IsEmpty) return new SolidRows(window.Width, window.Height, [0]);
        RowSource alpha = new MaskRows(mask);
        if (seen.Width != mask.Width || seen.Height != mask.Height || seen != _seen)
            alpha = new ResizedRows(alpha,
                new LanczosWeights(mask.Width, _seen.Width, mask.Width, seen.Left - _seen.Left, seen.Width), new LanczosWeights(mask.Height, _seen.Height, mask.Height, seen.Top - _seen.Top, seen.Height));
        if (_options.PostProcessMask) alpha = new SmoothedRows(alpha);
        return seen == window ? alpha : new PlacedRows(alpha, window.Width, window.Height, seen.Left - window.Left, seen.Top - window.Top, [0]);
    }

    private RowSource OnCanvas(RowSource rows, ReadOnlySpan<byte> colour)
    {
        var visible = _placement.Visible;
        return visible == new Box(0, 0, Width, Height) ? rows : new PlacedRows(rows, Width, Height, visible.Left, visible.Top, colour);
    }

    private static byte[] Pixel(Rgba? colour) => colour is { A: > 0 } c ? [c.R, c.G, c.B, c.A] : [0, 0, 0, 0];

    private static void WritePicture(RowSource rows, OutputFormat format, int? quality, PipeWriter output, CancellationToken cancellation)
    {
        if (format == OutputFormat.Png)
        {
            using var png = new PngWriter(output, rows.Width, rows.Height, rows.Channels);
            for (var y = 0; y < rows.Height; y++)
            {
                png.WriteRow(rows.Next());
                if (y % RowsAFlush == RowsAFlush - 1) Flush(output, cancellation);
            }
            png.Finish();
        }
        else
        {
            using var picture = new PixelBuffer(rows.Width, rows.Height, rows.Channels);
            for (var y = 0; y < rows.Height; y++)
            {
                if (y % RowsAFlush == 0) cancellation.ThrowIfCancellationRequested();
                rows.Next().CopyTo(picture.Rows(y, 1));
            }
            ImageCodec.Encode(picture, format, quality, output.AsStream(leaveOpen: true), cancellation);
        }
        Flush(output, cancellation);
    }

    /// <summary>remove.bg's archive: colours and mask apart, which is far smaller than a PNG of both. Coded pixels that need no change are passed on, metadata never is.</summary>
    private void WriteZip(ReadOnlyMemory<byte> file, EdgeMaps? edges, PipeWriter output, CancellationToken cancellation)
    {
        using var zip = new ZipArchive(output.AsStream(leaveOpen: true), ZipArchiveMode.Create, leaveOpen: true);
        var hasAnswersPixels = edges is null && _header is { Format: ImageFormat.Jpeg, IsSrgb: true, Orientation: 1, EndIsMissing: false } && _placement.Image == new Box(0, 0, _header.Width, _header.Height) && Width == _header.Width && Height == _header.Height && _options.Background is null && _picture is null;
        WriteEntry(zip, "color.jpg", entry =>
        {
            if (hasAnswersPixels)
            {
                JpegMetadata.Strip(file.Span[.._header.Length], entry);
                Flush(entry, cancellation);
                return;
            }
            using var photo = Colours(file, edges);
            WritePicture(photo, OutputFormat.Jpg, quality: null, entry, cancellation);
        });
        WriteEntry(zip, "alpha.png", entry =>
        {
            // What is still opaque once the background is in color.jpg: all of it over a picture, which lies on white where it is not.
            using RowSource alpha = _picture is not null ? new SolidRows(Width, Height, [255])
                : _options.Background is { } colour ? new BehindRows(OnCanvas(Alpha(file, edges), [0]), colour.A)
                : OnCanvas(Alpha(file, edges), [0]);
            WritePicture(alpha, OutputFormat.Png, quality: null, entry, cancellation);
        });
    }

    /// <summary>Of the archive: over the background, if there is one.</summary>
    private RowSource Colours(ReadOnlyMemory<byte> file, EdgeMaps? edges)
    {
        if (_picture is not null) return SubjectOver(_picture.Rows(Width, Height, Rgba.White), file, edges, channels: 3);
        if (_options.Background is { } colour) return OnCanvas(Subject(file, edges, OverWhite(colour), channels: 3), Pixel(OverWhite(colour)));
        var photo = Photo(file, PhotoColours.Srgb);
        return OnCanvas(edges is null ? photo : Clean(photo, edges, extends: true), [255, 255, 255]);
    }

    private static void WriteEntry(ZipArchive zip, string name, Action<PipeWriter> write)
    {
        var file = zip.CreateEntry(name, CompressionLevel.NoCompression);
        file.LastWriteTime = NoTime;
        using var stream = file.Open();
        var entry = PipeWriter.Create(stream, new(leaveOpen: true));
        write(entry);
        entry.Complete();
    }

    private static void Flush(PipeWriter output, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var flush = output.FlushAsync(cancellation);
        var result = flush.IsCompleted ? flush.Result : flush.AsTask().GetAwaiter().GetResult();
        // The reader has gone: nobody will see the rest.
        if (result.IsCompleted) throw new ReaderGoneException();
    }

    private static Rgba OverWhite(Rgba colour)
    {
        byte Mix(byte value) => (byte)((value * colour.A + 255 * (255 - colour.A) + 127) / 255);
        return new(Mix(colour.R), Mix(colour.G), Mix(colour.B));
    }
}

/// <summary>Nobody reads the answer any more, so the rest of it is not made.</summary>
public sealed class ReaderGoneException() : OperationCanceledException("The answer's reader has gone.");
