using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>PNG (W3C, third edition): walks all chunks up to IEND. Of an animated one the picture that stands for it is taken.</summary>
internal ref struct PngHeader
{
    /// <summary>Deflate's shortest code for its longest match: 258 bytes in 2 bits.</summary>
    private const int MaxInflation = 1032;

    private const int SpareBytes = 64 * 1024;

    private readonly ImageLimits _limits;
    private readonly StrippedFile _stripped = new();
    private ByteCursor _cursor;
    private PngColours _colours;
    private int _colour, _bitsAPixel;
    private bool _hasPalette, _hasTransparentColour, _hasProfile, _isAnimated, _dataIsAFrame;
    private int _chunks, _frames, _orientation;
    private long _dataBytes, _profileBytes;

    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits) => new PngHeader(file, limits).Walk();

    private PngHeader(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        _cursor = new(file, position: Signature.Length);
        _limits = limits;
    }

    private ImageHeader Walk()
    {
        var header = Start();
        _stripped.Keep(0, _cursor.Position);
        while (true)
        {
            var start = _cursor.Position;
            var length = _cursor.UInt32();
            if (length > int.MaxValue) throw ImageHeader.Corrupt("A PNG chunk is longer than PNG allows.");
            var type = _cursor.Take(4);
            var data = _cursor.Take(length);
            _cursor.Skip(4);
            if (++_chunks > _limits.MaxParts) throw ImageHeader.Corrupt($"It has more than {_limits.MaxParts:N0} PNG chunks.");
            if (IsForDecoder(type, data)) _stripped.Keep(start, _cursor.Position - start);
            if (type.SequenceEqual("IEND"u8)) break;
        }
        if (_dataBytes == 0) throw ImageHeader.Corrupt("It has no pixel data.");
        if (_colour == 3 && !_hasPalette) throw ImageHeader.Corrupt("It has no palette.");
        var rowBytes = RowBytes(header);
        if (_dataBytes * MaxInflation < rowBytes) throw ImageHeader.Truncated();
        // Deflate makes data that cannot be packed an eighth longer at most. More is empty blocks: 20 MB of them cost 1.3 s in each of two decodes.
        if (_dataBytes > rowBytes + rowBytes / 4 + SpareBytes) throw ImageHeader.Corrupt("Its data is longer than its pixels can be.");
        var declared = _colours.Declared(_hasProfile);
        return header with
        {
            Orientation = Math.Max(1, _orientation),
            HasAlpha = header.HasAlpha || _hasTransparentColour,
            IsSrgb = !_hasProfile && declared is null,
            Declared = declared,
            Frames = !_isAnimated ? 1 : _frames + (_dataIsAFrame ? 0 : 1),
            ProfileBytes = _profileBytes,
            Length = _cursor.Position,
            Stripped = _stripped,
        };
    }

    /// <summary>IHDR: always first, always 13 bytes; its checksum is verified, as everything else is judged by it.</summary>
    private ImageHeader Start()
    {
        var length = _cursor.UInt32();
        var start = _cursor.Take(4 + 13);
        if (length != 13 || !start.StartsWith("IHDR"u8)) throw ImageHeader.Corrupt("Its first PNG chunk is not IHDR.");
        if (_cursor.UInt32() != Crc32.HashToUInt32(start)) throw ImageHeader.Corrupt("The checksum of its PNG header is wrong.");

        var fields = new ByteCursor(start[4..]);
        var (width, height) = (fields.UInt32(), fields.UInt32());
        var depth = fields.Byte();
        _colour = fields.Byte();
        var (compression, filter, interlace) = (fields.Byte(), fields.Byte(), fields.Byte());
        var known = (_colour, depth) switch
        {
            (0, 1 or 2 or 4 or 8 or 16) => true,
            (3, 1 or 2 or 4 or 8) => true,
            (2 or 4 or 6, 8 or 16) => true,
            _ => false,
        };
        if (!known || compression != 0 || filter != 0 || interlace > 1) throw ImageHeader.Corrupt("Its PNG header holds values that PNG does not have.");
        ImageHeader.CheckSize(width, height, _limits);
        var maxInterlaced = _limits.MaxProgressivePixels / (depth == 16 ? 2 : 1);
        if (interlace == 1 && (long)width * height > maxInterlaced)
            throw Problem.ResolutionTooHigh($"An interlaced PNG of {depth} bits may have at most {maxInterlaced:N0} pixels; save it without interlacing.").AsException();
        _bitsAPixel = depth * (_colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 });
        return new(ImageFormat.Png, (int)width, (int)height)
        {
            HasAlpha = _colour is 4 or 6,
            Has16Bits = depth == 16,
            NeedsWholePicture = interlace == 1,
        };
    }

    /// <summary>Reads a chunk; whether the decoder needs it, too. What comes where it has no meaning, or again, is left out.</summary>
    private bool IsForDecoder(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        var isFirst = _dataBytes == 0;
        if (type.SequenceEqual("IDAT"u8)) return (_dataBytes += data.Length) > 0 && data.Length > 0;
        if (type.SequenceEqual("IEND"u8)) return Exact(data, 0);
        if (type.SequenceEqual("PLTE"u8)) return isFirst && Palette(data);
        if (type.SequenceEqual("tRNS"u8)) return isFirst && TransparentColour(data);
        if (type.SequenceEqual("iCCP"u8)) return isFirst && !_hasPalette && !_hasProfile && Profile(data);
        if (isFirst && !_hasPalette) _colours.Read(type, data);
        if (type.SequenceEqual("eXIf"u8) && _orientation == 0) _orientation = Exif.Orientation(data);
        else if (type.SequenceEqual("acTL"u8)) _isAnimated = Exact(data, 8);
        else if (type.SequenceEqual("fcTL"u8)) Frame(data);
        else if ((type[0] & 0x20) == 0) throw ImageHeader.Corrupt("It has a PNG chunk that must be understood and is not known.");
        return false;
    }

    private void Frame(ReadOnlySpan<byte> data)
    {
        _ = Exact(data, 26);
        _dataIsAFrame |= _dataBytes == 0;
        if (++_frames > _limits.MaxFrames) throw Problem.TooManyFrames(_limits.MaxFrames).AsException();
    }

    private bool Palette(ReadOnlySpan<byte> data)
    {
        if (_hasPalette || data.Length is 0 or > 768 || data.Length % 3 != 0) throw ImageHeader.Corrupt("Its PNG palette is damaged.");
        _hasPalette = true;
        return _colour is 2 or 3 or 6; // grey has none
    }

    private bool TransparentColour(ReadOnlySpan<byte> data)
    {
        if (_hasTransparentColour || _colour is 4 or 6) return false;
        return _hasTransparentColour = _colour switch { 0 => Exact(data, 2), 2 => Exact(data, 6), _ => data.Length is > 0 and <= 256 };
    }

    /// <summary>The decoder unpacks as many bytes as the profile itself says it has, in its first four.</summary>
    private bool Profile(ReadOnlySpan<byte> data)
    {
        var name = data.IndexOf((byte)0);
        if (name is < 1 or > 79 || data.Length < name + 3) return false;
        var size = new byte[4];
        try
        {
            using var packed = new MemoryStream(data.Slice(name + 2, Math.Min(data.Length - name - 2, 4096)).ToArray());
            using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
            if (zlib.ReadAtLeast(size, size.Length, throwOnEndOfStream: false) < size.Length) return false;
        }
        catch (InvalidDataException)
        {
            return false;
        }
        _profileBytes = BinaryPrimitives.ReadUInt32BigEndian(size);
        ImageHeader.CheckProfile(_profileBytes, _limits);
        return _hasProfile = true;
    }

    /// <summary>Bytes of all rows, each with its filter's number, as deflate must give them (interlaced: of all seven passes).</summary>
    private readonly long RowBytes(ImageHeader header)
    {
        if (!header.NeedsWholePicture) return Rows(header.Width, header.Height, _bitsAPixel);
        var bytes = 0L;
        foreach (var (left, top, across, down) in ((int, int, int, int)[])[(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)])
            bytes += Rows((header.Width - left + across - 1) / across, (header.Height - top + down - 1) / down, _bitsAPixel);
        return bytes;

        static long Rows(int width, int height, int bitsAPixel) => width == 0 ? 0 : height * (1 + ((long)width * bitsAPixel + 7) / 8);
    }

    private static bool Exact(ReadOnlySpan<byte> data, int length) =>
        data.Length == length ? true : throw ImageHeader.Corrupt("A PNG chunk has not the length that PNG says.");
}
