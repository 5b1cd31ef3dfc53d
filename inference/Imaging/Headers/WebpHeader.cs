using System.Buffers.Binary;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>
/// WebP (RFC 9649): the RIFF chunks, and the size that the coded picture itself says. Of an animated one the first frame is
/// taken, and given to the decoder as a still picture.
/// </summary>
internal ref struct WebpHeader
{
    private const byte HasProfile = 0x20, HasAlpha = 0x10, Animated = 0x02;
    private const int FrameHeader = 16;

    private readonly ImageLimits _limits;
    private readonly StrippedFile _parts = new();
    private ByteCursor _cursor;
    private (int Width, int Height)? _canvas, _picture;
    private (int Left, int Top) _offset;
    private byte _flags;
    private bool _hasAlpha, _hasProfile, _isLossless;
    private int _chunks, _frames, _orientation, _profileBytes;

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
            var start = _cursor.Position;
            var type = _cursor.Take(4);
            var data = _cursor.Take(_cursor.UInt32LittleEndian());
            _cursor.Skip(Math.Min(data.Length & 1, _cursor.Left)); // chunks are padded to even lengths
            if (type.SequenceEqual("ANMF"u8)) Frame(start + 8, data);
            else Chunk(start, type, data, _cursor.Position - start);
        }
        if (_picture is not { } picture) throw _canvas is null ? ImageHeader.Corrupt("It has no pixel data.") : ImageHeader.Truncated();
        var canvas = _canvas ?? picture;
        if (_frames == 0 ? canvas != picture : _offset.Left + picture.Width > canvas.Width || _offset.Top + picture.Height > canvas.Height)
            throw ImageHeader.Corrupt("Its WebP canvas and its picture differ in size.");
        return new(ImageFormat.Webp, canvas.Width, canvas.Height)
        {
            Orientation = Math.Max(1, _orientation),
            NeedsWholePicture = true,
            IsLossless = _isLossless,
            HasAlpha = _hasAlpha || canvas != picture,
            IsSrgb = !_hasProfile,
            Frames = Math.Max(1, _frames),
            Offset = canvas == picture ? null : _offset,
            ProfileBytes = _profileBytes,
            Length = _cursor.Position,
            Stripped = Still(picture),
        };
    }

    private void Chunk(int start, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data, int length)
    {
        if (++_chunks > _limits.MaxParts) throw ImageHeader.Corrupt($"It has more than {_limits.MaxParts:N0} WebP chunks.");
        if (IsForDecoder(type, data)) _parts.Keep(start, length);
    }

    private bool IsForDecoder(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("VP8 "u8)) return Lossy(data);
        if (type.SequenceEqual("VP8L"u8)) return Lossless(data);
        if (type.SequenceEqual("ALPH"u8)) return _picture is null && !_hasAlpha && (_hasAlpha = true);
        if (type.SequenceEqual("ICCP"u8)) return Profile(data);
        if (type.SequenceEqual("VP8X"u8)) Canvas(data);
        else if (type.SequenceEqual("EXIF"u8) && _orientation == 0) _orientation = Exif.Orientation(data);
        return false;
    }

    /// <summary>A frame's place and size, then the chunks of its picture; those of later frames are only counted.</summary>
    private void Frame(int start, ReadOnlySpan<byte> frame)
    {
        if ((_flags & Animated) == 0 || frame.Length < FrameHeader) throw ImageHeader.Corrupt("Its WebP frame is damaged.");
        if (++_frames > _limits.MaxFrames) throw Problem.TooManyFrames(_limits.MaxFrames).AsException();
        if (_frames > 1) return;
        _offset = (2 * UInt24(frame), 2 * UInt24(frame[3..]));
        var cursor = new ByteCursor(frame, FrameHeader);
        while (cursor.Left >= 8)
        {
            var at = cursor.Position;
            var type = cursor.Take(4);
            var data = cursor.Take(cursor.UInt32LittleEndian());
            cursor.Skip(Math.Min(data.Length & 1, cursor.Left));
            Chunk(start + at, type, data, cursor.Position - at);
        }
        if (_picture != (1 + UInt24(frame[6..]), 1 + UInt24(frame[9..]))) throw ImageHeader.Corrupt("Its WebP frame and its picture differ in size.");
    }

    private void Canvas(ReadOnlySpan<byte> data)
    {
        if (data.Length != 10 || _canvas is not null) throw ImageHeader.Corrupt("Its WebP header is damaged.");
        _flags = data[0];
        var (width, height) = (1 + UInt24(data[4..]), 1 + UInt24(data[7..]));
        ImageHeader.CheckSize(width, height, _limits);
        _canvas = (width, height);
    }

    /// <summary>VP8 key frame (RFC 6386 9.1): start code, then 14 bits of width and of height.</summary>
    private bool Lossy(ReadOnlySpan<byte> data)
    {
        if (data.Length < 10 || (data[0] & 1) != 0 || !data[3..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A]))
            throw ImageHeader.Corrupt("Its WebP picture is damaged.");
        return Picture((data[6] | data[7] << 8) & 0x3FFF, (data[8] | data[9] << 8) & 0x3FFF);
    }

    /// <summary>Lossless: signature, then 14 bits each of width - 1 and height - 1, then whether alpha is used.</summary>
    private bool Lossless(ReadOnlySpan<byte> data)
    {
        if (data.Length < 5 || data[0] != 0x2F) throw ImageHeader.Corrupt("Its WebP picture is damaged.");
        _isLossless = true;
        var bits = data[1] | data[2] << 8 | data[3] << 16 | data[4] << 24;
        _hasAlpha |= (bits >> 28 & 1) != 0;
        return Picture(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF));
    }

    private bool Picture(int width, int height)
    {
        if (_picture is not null) throw ImageHeader.Corrupt("It has more than one WebP picture.");
        ImageHeader.CheckSize(width, height, _limits);
        _picture = (width, height);
        return true;
    }

    private bool Profile(ReadOnlySpan<byte> data)
    {
        if ((_flags & HasProfile) == 0 || _hasProfile || _picture is not null) return false;
        ImageHeader.CheckProfile(_profileBytes = data.Length, _limits);
        return _hasProfile = true;
    }

    /// <summary>The parts behind headers of their own; the long one says what is left.</summary>
    private readonly StrippedFile Still((int Width, int Height) picture)
    {
        var still = new StrippedFile();
        var isLong = _canvas is not null;
        byte[] head = isLong ? [.. "RIFF\0\0\0\0WEBPVP8X\n\0\0\0"u8, .. new byte[10]] : [.. "RIFF\0\0\0\0WEBP"u8];
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), head.Length - 8 + _parts.Length);
        if (isLong)
        {
            head[20] = (byte)((_hasProfile ? HasProfile : 0) | (_flags & HasAlpha) | (_hasAlpha ? HasAlpha : 0));
            WriteUInt24(head.AsSpan(24), picture.Width - 1);
            WriteUInt24(head.AsSpan(27), picture.Height - 1);
        }
        still.Add(head);
        still.Keep(_parts);
        return still;
    }

    private static int UInt24(ReadOnlySpan<byte> data) => data[0] | data[1] << 8 | data[2] << 16;

    private static void WriteUInt24(Span<byte> data, int value) => (data[0], data[1], data[2]) = ((byte)value, (byte)(value >> 8), (byte)(value >> 16));
}
