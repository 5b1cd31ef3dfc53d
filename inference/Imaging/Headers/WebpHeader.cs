using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>WebP (RFC 9649): the RIFF chunks, and the size that the coded picture itself says.</summary>
internal ref struct WebpHeader
{
    private const byte Animated = 0x02;

    private readonly ImageLimits _limits;
    private ByteCursor _cursor;
    private (int Width, int Height)? _canvas, _picture;
    private bool _hasAlpha, _hasProfile, _isLossless;
    private int _orientation, _metadataBytes;

    public static bool Matches(ReadOnlySpan<byte> file) =>
        file.Length >= 12 && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8);

    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        var size = new ByteCursor(file, position: 4).UInt32LittleEndian() + 8L;
        if (size > file.Length) throw ImageHeader.Truncated();
        return new WebpHeader(file[..(int)size], limits).Walk();
    }

    private WebpHeader(ReadOnlySpan<byte> riff, ImageLimits limits)
    {
        _cursor = new(riff, position: Math.Min(12, riff.Length));
        _limits = limits;
    }

    private ImageHeader Walk()
    {
        while (_cursor.Left >= 8)
        {
            var type = _cursor.Take(4);
            var length = _cursor.UInt32LittleEndian();
            Chunk(type, _cursor.Take(length));
            _cursor.Skip(Math.Min(length & 1, _cursor.Left)); // chunks are padded to even lengths
        }
        if (_picture is not { } picture) throw _canvas is null ? ImageHeader.Corrupt("It has no pixel data.") : ImageHeader.Truncated();
        if (_canvas is { } canvas && canvas != picture) throw ImageHeader.Corrupt("Its WebP canvas and its picture differ in size.");
        return new(ImageFormat.Webp, picture.Width, picture.Height)
        {
            Orientation = Math.Max(1, _orientation),
            NeedsWholePicture = true,
            IsLossless = _isLossless,
            HasAlpha = _hasAlpha,
            IsSrgb = !_hasProfile,
            MetadataBytes = _metadataBytes,
            Length = _cursor.Position,
        };
    }

    private void Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("VP8X"u8)) Canvas(data);
        else if (type.SequenceEqual("ANIM"u8) || type.SequenceEqual("ANMF"u8)) throw Problem.TooManyFrames().AsException();
        else if (type.SequenceEqual("VP8 "u8)) Lossy(data);
        else if (type.SequenceEqual("VP8L"u8)) Lossless(data);
        else if (type.SequenceEqual("ALPH"u8)) _hasAlpha = true;
        else _metadataBytes += data.Length;

        if (type.SequenceEqual("ICCP"u8))
        {
            _hasProfile = true;
            ImageHeader.CheckMetadata("colour profile", data.Length, _limits);
        }
        else if (type.SequenceEqual("EXIF"u8))
        {
            ImageHeader.CheckMetadata("EXIF", data.Length, _limits);
            if (_orientation == 0) _orientation = Exif.Orientation(data);
        }
    }

    private void Canvas(ReadOnlySpan<byte> data)
    {
        if (data.Length < 10) throw ImageHeader.Corrupt("Its WebP header is damaged.");
        if ((data[0] & Animated) != 0) throw Problem.TooManyFrames().AsException();
        var (width, height) = (1 + UInt24(data[4..]), 1 + UInt24(data[7..]));
        ImageHeader.CheckSize(width, height, _limits);
        _canvas = (width, height);
    }

    /// <summary>VP8 key frame (RFC 6386 9.1): start code, then 14 bits of width and of height.</summary>
    private void Lossy(ReadOnlySpan<byte> data)
    {
        if (data.Length < 10 || (data[0] & 1) != 0 || !data[3..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]))
            throw ImageHeader.Corrupt("Its WebP picture is damaged.");
        Canvas((data[6] | data[7] << 8) & 0x3FFF, (data[8] | data[9] << 8) & 0x3FFF);
    }

    /// <summary>Lossless: signature, then 14 bits each of width - 1 and height - 1, then whether alpha is used.</summary>
    private void Lossless(ReadOnlySpan<byte> data)
    {
        if (data.Length < 5 || data[0] != 0x2F) throw ImageHeader.Corrupt("Its WebP picture is damaged.");
        _isLossless = true;
        var bits = data[1] | data[2] << 8 | data[3] << 16 | data[4] << 24;
        _hasAlpha |= (bits >> 28 & 1) != 0;
        Canvas(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF));
    }

    private void Canvas(int width, int height)
    {
        if (_picture is not null) throw Problem.TooManyFrames().AsException();
        ImageHeader.CheckSize(width, height, _limits);
        _picture = (width, height);
    }

    private static int UInt24(ReadOnlySpan<byte> data) => data[0] | data[1] << 8 | data[2] << 16;
}
