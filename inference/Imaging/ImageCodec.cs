using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>
/// The seam to libvips, and the only file that names it: the decoders of all formats but BMP, conversion to sRGB, shrinking, and the WebP,
/// AVIF and JPEG encoders. It is given only what <see cref="ImageHeader"/> has accepted, and one thread an image.
/// </summary>
internal static partial class ImageCodec
{
    static ImageCodec()
    {
        // Loaders that libvips itself does not trust with foreign input are off; caching between requests is waste.
        NetVips.NetVips.BlockUntrusted = true;
        NetVips.NetVips.Concurrency = 1;
        Cache.Max = 0;
        // Else each of them is a line on stderr: 31 MB of them for a PNG of 1 MB.
        foreach (var domain in (string[])["VIPS", "GLib", "GLib-GObject"])
            Log.SetLogHandler(domain, Enums.LogLevelFlags.Critical | Enums.LogLevelFlags.Warning | Enums.LogLevelFlags.Message, (_, _, _) => Interlocked.Increment(ref _warnings));
    }

    private static long _warnings;

    /// <summary>How often the native libraries have complained about a file.</summary>
    public static long Warnings => Interlocked.Read(ref _warnings);

    /// <summary>Opens a photograph as upright rows of the given size; JPEG and WebP are shrunk while they are decoded.</summary>
    /// <exception cref="ProblemException">422 when the file cannot be decoded; also from reading the rows.</exception>
    public static RowSource Open(ReadOnlyMemory<byte> file, ImageHeader header, int width, int height, PhotoColours colours)
    {
        var (storedWidth, storedHeight) = header.SwapsSides ? (height, width) : (width, height);
        var shrink = Shrink(header, storedWidth, storedHeight);
        RowSource rows = header.Format == ImageFormat.Bmp ? new BmpRows(file, header, colours) : OpenStored(file.Span, header, shrink, colours);
        try
        {
            if (rows.Width != storedWidth || rows.Height != storedHeight)
            {
                // A shrunk JPEG lacks what its sides leave over when divided: the resizer is told the true size.
                var across = new LanczosWeights(rows.Width, storedWidth, (double)header.Width / shrink);
                var down = new LanczosWeights(rows.Height, storedHeight, (double)header.Height / shrink);
                rows = new ResizedRows(rows, across, down);
            }
            return header.Orientation == 1 ? rows : new UprightRows(rows, header.Orientation);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    private static VipsRows OpenStored(ReadOnlySpan<byte> file, ImageHeader header, int shrink, PhotoColours colours)
    {
        Image? image = null;
        try
        {
            image = Load(file, header, shrink);
            if (image.HasAlpha() && colours != PhotoColours.SrgbWithAlpha) image = image.Then(i => i.ExtractBand(0, i.Bands - 1));
            if (header.Declared is { } declared && colours != PhotoColours.AsStored)
                image = image.Then(i => i.Mutate(copy => copy.Set(GValue.BlobType, "icc-profile-data", declared.ToProfile(isGrey: i.Bands < 3))));
            if (!IsSrgb(image, colours)) image = image.Then(i => ToSrgb(i, colours));
            if (header.Offset is var (left, top)) image = image.Then(i => OnCanvas(i, header, left, top, colours));
            return new VipsRows(image, header);
        }
        catch (VipsException)
        {
            image?.Dispose();
            throw Undecodable(header);
        }
        catch
        {
            image?.Dispose();
            throw;
        }
    }

    private static Image Load(ReadOnlySpan<byte> file, ImageHeader header, int shrink)
    {
        using var source = SourceOf(file, header.Stripped);
        // Of several scans the decoder warns when the last one lacks more than its end marker; of one we know ourselves what it lacks.
        var failOn = header is { EndIsMissing: true, NeedsWholePicture: true } ? Enums.FailOn.Warning : Enums.FailOn.Error;
        return header.Format switch
        {
            ImageFormat.Jpeg => Image.JpegloadSource(source, shrink: shrink, access: Enums.Access.Sequential, failOn: failOn),
            ImageFormat.Png => Image.PngloadSource(source, access: Enums.Access.Sequential, failOn: failOn),
            ImageFormat.Avif => Image.HeifloadSource(source, access: Enums.Access.Sequential, failOn: failOn),
            ImageFormat.Tiff => Image.TiffloadSource(source, access: Enums.Access.Sequential, failOn: failOn),
            ImageFormat.Gif => Image.GifloadSource(source, access: Enums.Access.Sequential, failOn: failOn),
            _ => Image.WebploadSource(source, scale: 1.0 / shrink, access: Enums.Access.Sequential, failOn: failOn),
        };
    }

    /// <summary>libvips makes a copy of its own in any case, so that the parts are put together only until then.</summary>
    private static Source SourceOf(ReadOnlySpan<byte> file, StrippedFile stripped)
    {
        if (stripped.IsPrefix) return Source.NewFromMemory(file[..stripped.Length]);
        var parts = ArrayPool<byte>.Shared.Rent(stripped.Length);
        try
        {
            stripped.CopyTo(file, parts);
            return Source.NewFromMemory(parts.AsSpan(0, stripped.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(parts);
        }
    }

    /// <summary>A first frame that is smaller than the animation, with nothing around it.</summary>
    private static Image OnCanvas(Image frame, ImageHeader header, int left, int top, PhotoColours colours)
    {
        using var opaque = frame.HasAlpha() || colours != PhotoColours.SrgbWithAlpha ? frame.Copy() : frame.Bandjoin(255);
        return opaque.Embed(left, top, header.Width, header.Height);
    }

    /// <summary>How much the decoder itself may shrink: the result must still be at least as large as what is wanted.</summary>
    public static int Shrink(ImageHeader header, int storedWidth, int storedHeight)
    {
        if (header.Format is not (ImageFormat.Jpeg or ImageFormat.Webp) || header.Offset is not null) return 1;
        var shrink = 8;
        while (shrink > 1 && (header.Width / shrink < storedWidth || header.Height / shrink < storedHeight)) shrink /= 2;
        return shrink;
    }

    /// <summary>Most photographs are; libvips clears buffers for each step, also for one that changes nothing.</summary>
    private static bool IsSrgb(Image image, PhotoColours colours) =>
        image is { Interpretation: Enums.Interpretation.Srgb, Format: Enums.BandFormat.Uchar } && (colours == PhotoColours.AsStored || !HasProfile(image));

    private static bool HasProfile(Image image) => image.Contains("icc-profile-data") && IccProfile.IsApplied((byte[])image.Get("icc-profile-data"));

    private static Image ToSrgb(Image image, PhotoColours colours)
    {
        var hasProfile = HasProfile(image);
        if (hasProfile && colours != PhotoColours.AsStored || image.Interpretation == Enums.Interpretation.Cmyk)
        {
            try
            {
                return image.IccTransform("srgb", embedded: hasProfile, inputProfile: "cmyk", depth: 8, intent: Enums.Intent.Relative, blackPointCompensation: true);
            }
            catch (VipsException) when (image.Interpretation != Enums.Interpretation.Cmyk)
            {
                // A damaged profile spoils the colours a little; it is no reason to refuse the photograph.
            }
        }
        return image.Colourspace(Enums.Interpretation.Srgb).Then(i => i.Cast(Enums.BandFormat.Uchar));
    }

    /// <summary>
    /// Encodes a whole picture as lossy WebP (its alpha lossless), AVIF or JPEG, in memory that stays where it is. AVIF's effort is the least:
    /// 12 megapixels took 1.1 s and 561 kB; one step more took 1.7 s and 526 kB, the next 3.4 s and 516 kB.
    /// </summary>
    /// <param name="quality">1 to 100; null for the format's own.</param>
    public static unsafe void Encode(PixelBuffer picture, OutputFormat format, int? quality, Stream output, CancellationToken cancellation)
    {
        try
        {
            fixed (byte* pixels = picture.Pixels)
            {
                using var raw = Image.NewFromMemory((nint)pixels, (ulong)picture.Pixels.Length, picture.Width, picture.Height, picture.Channels, Enums.BandFormat.Uchar);
                using var image = raw.Copy(interpretation: picture.Channels == 1 ? Enums.Interpretation.Bw : Enums.Interpretation.Srgb);
                image.SetProgress(null, cancellation);
                if (format == OutputFormat.Webp) image.WebpsaveStream(output, q: quality ?? 90, effort: 2, alphaQ: 100, keep: Enums.ForeignKeep.None);
                else if (format == OutputFormat.Avif) image.HeifsaveStream(output, q: quality ?? 60, compression: Enums.ForeignHeifCompression.Av1, effort: 0, keep: Enums.ForeignKeep.None);
                else image.JpegsaveStream(output, q: quality ?? 92, keep: Enums.ForeignKeep.None);
            }
        }
        catch (VipsException exception)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new InvalidOperationException("Encoding failed.", exception);
        }
    }

    private static ProblemException Undecodable(ImageHeader header) =>
        header.EndIsMissing ? ImageHeader.Truncated() : ImageHeader.Corrupt("Its pixel data is damaged.");

    /// <summary>One step of a pipeline: libvips keeps alive what the result needs, we let go of the rest.</summary>
    private static Image Then(this Image image, Func<Image, Image> step)
    {
        using (image) return step(image);
    }

    /// <summary>Rows pulled out of libvips on the caller's thread, a strip at a time. Owns the image.</summary>
    private sealed unsafe partial class VipsRows(Image image, ImageHeader header) : RowSource(image.Width, image.Height, image.Bands)
    {
        // So few that what each step of libvips clears and fills stays in the core's cache.
        private const int StripRows = 16;

        // One for all strips: a new one would allocate and clear the buffers of each step again.
        private readonly Region _region = NewRegion(image) is { IsInvalid: false } region ? region : throw new VipsException("libvips gave no region");
        private Strip _strip = new();
        private int _next;

        public override ReadOnlySpan<byte> Next()
        {
            if (_next % StripRows == 0) ReadStrip();
            return _strip.Row(_next++ % StripRows, Stride);
        }

        public override void Dispose()
        {
            _strip.Dispose();
            _region.Dispose();
            image.Dispose();
            base.Dispose();
        }

        private void ReadStrip()
        {
            _strip.Dispose();
            _strip = Fetch(_region, 0, _next, Width, Math.Min(StripRows, Height - _next), out _);
            if (!_strip.IsInvalid) return;
            ClearErrors();
            throw Undecodable(header);
        }

        // NetVips has this too, but as arrays on the garbage-collected heap, a new one for each call.
        private const string Vips = "libvips.so.42";

        [LibraryImport(Vips, EntryPoint = "vips_region_new")]
        private static partial Region NewRegion(Image image);

        [LibraryImport(Vips, EntryPoint = "vips_region_fetch")]
        private static partial Strip Fetch(Region region, int left, int top, int width, int height, out nuint length);

        [LibraryImport(Vips, EntryPoint = "g_object_unref")]
        private static partial void Unreference(nint region);

        [LibraryImport(Vips, EntryPoint = "g_free")]
        private static partial void Free(nint memory);

        [LibraryImport(Vips, EntryPoint = "vips_error_clear")]
        private static partial void ClearErrors();

        private sealed class Region() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
        {
            protected override bool ReleaseHandle()
            {
                Unreference(handle);
                return true;
            }
        }

        private sealed class Strip() : SafeHandleZeroOrMinusOneIsInvalid(ownsHandle: true)
        {
            public ReadOnlySpan<byte> Row(int row, int stride) => new((byte*)handle + row * stride, stride);

            protected override bool ReleaseHandle()
            {
                Free(handle);
                return true;
            }
        }
    }
}
