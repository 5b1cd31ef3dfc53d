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
    private readonly BackgroundLayer? _layer;

    /// <summary>What the mask covers, in pixels of the upright image and of the scaled image.</summary>
    private readonly Box _region, _seen;

    private CutoutEncoder(ImageHeader header, Mask mask, CutoutOptions options, BackgroundLayer? layer)
    {
        (_header, _mask, _options, _layer) = (header, mask, options, layer);
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
        + (_layer?.DecodedBytes(Width, Height) ?? 0);

    /// <summary>Decides everything that an answer's headers say.</summary>
    /// <param name="header">Of the image.</param>
    /// <param name="mask">Of the image.</param>
    /// <param name="options">What is asked.</param>
    /// <param name="layer">Behind the subject; null for none.</param>
    /// <exception cref="Contract.Problems.ProblemException">400: the region of interest lies outside the image. 422: the canvas has too many pixels.</exception>
    internal static CutoutEncoder Plan(ImageHeader header, Mask mask, CutoutOptions options, BackgroundLayer? layer = null) => new(header, mask, options, layer);

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
        var drawing = new CutoutDrawing(file, _header, _mask, edges, _options, _placement, _seen, _layer);
        if (_options.Format == OutputFormat.Zip)
        {
            WriteZip(drawing, file, output, cancellation);
            return;
        }
        using var rows = drawing.Cutout();
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
    private void WriteZip(CutoutDrawing drawing, ReadOnlyMemory<byte> file, PipeWriter output, CancellationToken cancellation)
    {
        using var zip = new ZipArchive(output.AsStream(leaveOpen: true), ZipArchiveMode.Create, leaveOpen: true);
        WriteEntry(zip, "color.jpg", entry =>
        {
            if (drawing.HasThePhotographsPixels)
            {
                JpegMetadata.Strip(file.Span[.._header.Length], entry);
                Flush(entry, cancellation);
                return;
            }
            using var colours = drawing.Colours();
            WritePicture(colours, OutputFormat.Jpg, quality: null, entry, cancellation);
        });
        WriteEntry(zip, "alpha.png", entry =>
        {
            using var alpha = drawing.AlphaBesideColours();
            WritePicture(alpha, OutputFormat.Png, quality: null, entry, cancellation);
        });
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
}

/// <summary>Nobody reads the answer any more, so the rest of it is not made.</summary>
public sealed class ReaderGoneException() : OperationCanceledException("The answer's reader has gone.");
