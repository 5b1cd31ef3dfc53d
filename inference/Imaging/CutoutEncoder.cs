using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
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

    private readonly ImageHeader _header;
    private readonly Mask _mask;
    private readonly CutoutOptions _options;
    private readonly LanczosWeights _across, _down;

    private CutoutEncoder(ImageHeader header, Mask mask, CutoutOptions options)
    {
        (_header, _mask, _options) = (header, mask, options);
        (Width, Height) = Fit(header.UprightWidth, header.UprightHeight, options.MaxPixels);
        _across = new(mask.Width, Width, mask.Width);
        _down = new(mask.Height, Height, mask.Height);
        // Smoothing makes the mask binary at its middle.
        Foreground = Foreground.Of(mask, options.PostProcessMask ? SmoothedRows.Threshold : Foreground.VisibleAlpha, Width, Height);
    }

    /// <summary>Size of the answer in pixels.</summary>
    public int Width { get; }
    public int Height { get; }

    /// <summary>Size of the upright photograph in pixels.</summary>
    public int MaxWidth => _header.UprightWidth;
    public int MaxHeight => _header.UprightHeight;
    public Foreground Foreground { get; }
    public string ContentType => _options.ContentType;

    /// <summary>Bytes that <see cref="Write"/> holds at its peak, besides the file and the mask.</summary>
    public long DecodedBytes => CutoutMemory.Of(_header, _options, Width, Height);

    /// <summary>Decides everything that an answer's headers say.</summary>
    public static CutoutEncoder Plan(ImageHeader header, Mask mask, CutoutOptions options) => new(header, mask, options);

    /// <summary>
    /// Writes the picture and flushes; the pipe is left open. Blocks its thread, also for a reader that is slow: rows belong to
    /// the thread that decodes them, and no more pictures are written at once than there are cores.
    /// </summary>
    /// <exception cref="Contract.Problems.ProblemException">
    /// 422 when the file cannot be decoded. A file that <see cref="InputImage"/> has decoded gives this before the first
    /// byte at the latest, or not at all.
    /// </exception>
    public void Write(ReadOnlyMemory<byte> file, PipeWriter output, CancellationToken cancellation)
    {
        if (_options.Format == OutputFormat.Zip)
        {
            WriteZip(file, output, cancellation);
            return;
        }
        using var rows = Rows(file);
        WritePicture(rows, _options.Format, output, cancellation);
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

    private RowSource Rows(ReadOnlyMemory<byte> file)
    {
        if (_options.Channels == OutputChannels.Alpha) return Alpha();
        var background = _options.Background;
        if (_options.Format == OutputFormat.Jpg) background = OverWhite(background ?? new(0, 0, 0, 0));
        var photo = ImageCodec.Open(file, _header, Width, Height, PhotoColours.SrgbWithAlpha);
        try
        {
            return new CutoutRows(photo, Alpha(), background, _options.Format == OutputFormat.Jpg ? 3 : 4);
        }
        catch
        {
            photo.Dispose();
            throw;
        }
    }

    private RowSource Alpha()
    {
        RowSource alpha = new MaskRows(_mask);
        if (Width != _mask.Width || Height != _mask.Height) alpha = new ResizedRows(alpha, _across, _down);
        return _options.PostProcessMask ? new SmoothedRows(alpha) : alpha;
    }

    private static void WritePicture(RowSource rows, OutputFormat format, PipeWriter output, CancellationToken cancellation)
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
            ImageCodec.Encode(picture, webp: format == OutputFormat.Webp, output.AsStream(leaveOpen: true), cancellation);
        }
        Flush(output, cancellation);
    }

    /// <summary>remove.bg's archive: colours and mask apart, which is far smaller than a PNG of both. Coded pixels that need no change are passed on, metadata never is.</summary>
    private void WriteZip(ReadOnlyMemory<byte> file, PipeWriter output, CancellationToken cancellation)
    {
        using var zip = new ZipArchive(output.AsStream(leaveOpen: true), ZipArchiveMode.Create, leaveOpen: true);
        var hasAnswersPixels = _header is { Format: ImageFormat.Jpeg, IsSrgb: true, Orientation: 1 } && Width == _header.Width;
        WriteEntry(zip, "color.jpg", entry =>
        {
            if (hasAnswersPixels)
            {
                JpegMetadata.Strip(file.Span[.._header.Length], entry);
                Flush(entry, cancellation);
                return;
            }
            using var photo = ImageCodec.Open(file, _header, Width, Height, PhotoColours.Srgb);
            WritePicture(photo, OutputFormat.Jpg, entry, cancellation);
        });
        WriteEntry(zip, "alpha.png", entry =>
        {
            using var alpha = Alpha();
            WritePicture(alpha, OutputFormat.Png, entry, cancellation);
        });
    }

    private static void WriteEntry(ZipArchive zip, string name, Action<PipeWriter> write)
    {
        using var stream = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
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
