using System.IO.Hashing;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Imaging;

/// <summary>PNG (W3C, third edition): walks all chunks up to IEND without inflating anything.</summary>
internal ref struct PngHeader
{
    // A compressed text chunk may inflate a thousandfold, and libpng inflates each one that it meets.
    private const int MaxCompressedTexts = 32;

    private readonly ImageLimits _limits;
    private ByteCursor _cursor;
    private bool _transparentColour, _hasProfile, _hasData;
    private int _orientation, _compressedTexts, _textBytes;

    public static bool Matches(ReadOnlySpan<byte> file) => file.StartsWith(Signature);

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
        while (true)
        {
            var length = _cursor.UInt32();
            if (length > int.MaxValue) throw ImageHeader.Corrupt("A PNG chunk is longer than PNG allows.");
            var type = _cursor.Take(4);
            var data = _cursor.Take(length);
            _cursor.Skip(4);
            if (type.SequenceEqual("IEND"u8)) break;
            Chunk(type, data);
        }
        if (!_hasData) throw ImageHeader.Corrupt("It has no pixel data.");
        return header with
        {
            Orientation = Math.Max(1, _orientation),
            HasAlpha = header.HasAlpha || _transparentColour,
            IsSrgb = !_hasProfile,
            MetadataBytes = _textBytes,
            Length = _cursor.Position,
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
        var (depth, colour) = (fields.Byte(), fields.Byte());
        var (compression, filter, interlace) = (fields.Byte(), fields.Byte(), fields.Byte());
        var known = (colour, depth) switch
        {
            (0, 1 or 2 or 4 or 8 or 16) => true,
            (3, 1 or 2 or 4 or 8) => true,
            (2 or 4 or 6, 8 or 16) => true,
            _ => false,
        };
        if (!known || compression != 0 || filter != 0 || interlace > 1) throw ImageHeader.Corrupt("Its PNG header holds values that PNG does not have.");
        ImageHeader.CheckSize(width, height, _limits);
        return new(ImageFormat.Png, (int)width, (int)height)
        {
            HasAlpha = colour is 4 or 6,
            Has16Bits = depth == 16,
            NeedsWholePicture = interlace == 1,
        };
    }

    private void Chunk(ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        if (type.SequenceEqual("IDAT"u8)) _hasData = true;
        else if (type.SequenceEqual("acTL"u8)) throw Problem.TooManyFrames().AsException();
        else if (type.SequenceEqual("tRNS"u8)) _transparentColour = true;
        else if (type.SequenceEqual("iCCP"u8))
        {
            _hasProfile = true;
            ImageHeader.CheckMetadata("colour profile", data.Length, _limits);
        }
        else if (type.SequenceEqual("eXIf"u8))
        {
            ImageHeader.CheckMetadata("EXIF", data.Length, _limits);
            if (_orientation == 0) _orientation = Exif.Orientation(data);
        }
        else if (type.SequenceEqual("tEXt"u8) || type.SequenceEqual("sPLT"u8)) Text(data);
        else if (type.SequenceEqual("zTXt"u8) || type.SequenceEqual("iTXt"u8))
        {
            Text(data);
            if (++_compressedTexts > MaxCompressedTexts) throw ImageHeader.Corrupt($"It has more than {MaxCompressedTexts} compressed texts.");
        }
    }

    /// <summary>Texts, and suggested palettes: libpng keeps them all until the picture is done, and libvips copies them again and again.</summary>
    private void Text(ReadOnlySpan<byte> data) => ImageHeader.CheckMetadata("text", _textBytes += data.Length, _limits);
}
