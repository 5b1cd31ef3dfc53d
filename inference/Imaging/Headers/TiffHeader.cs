using System.Buffers.Binary;
using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>
/// TIFF 6.0, the first page: grey, RGB, CMYK of 8 or 16 bits, palettes and black and white; in strips or tiles; not packed, or packed by LZW,
/// Deflate or PackBits. What the decoder gets is the file behind a directory of our own, which names nothing else and no other page.
/// </summary>
internal ref struct TiffHeader
{
    public const int MaxTileSide = 1024;
    private const int EntryBytes = 12;
    private const ushort Short = 3, Long = 4;

    private readonly ReadOnlySpan<byte> _file;
    private readonly ImageLimits _limits;
    private readonly bool _littleEndian;
    private readonly ReadOnlySpan<byte> _entries;

    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits) => new TiffHeader(file, limits).Read();

    private TiffHeader(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        _file = file;
        (_limits, _littleEndian) = (limits, file[0] == 'I');
        var cursor = new ByteCursor(file);
        cursor.Skip(4);
        var directory = UInt32(cursor.Take(4));
        cursor = new ByteCursor(file);
        cursor.Skip(directory);
        var count = UInt16(cursor.Take(2));
        if (count > limits.MaxParts) throw ImageHeader.Corrupt($"It has more than {limits.MaxParts:N0} TIFF entries.");
        _entries = cursor.Take(count * EntryBytes);
    }

    private ImageHeader Read()
    {
        var (width, height) = (Number(Tag.Width), Number(Tag.Height));
        ImageHeader.CheckSize(width, height, _limits);
        var (bits, samples, colours) = (Number(Tag.Bits, 1), Number(Tag.Samples, 1), Number(Tag.Colours));
        var known = (colours, samples, bits) switch
        {
            (0 or 1, 1, 1 or 8 or 16) => true,
            (0 or 1, 2, 8 or 16) => true,
            (2, 3 or 4, 8 or 16) => true,
            (3, 1, 8) => true,
            (5, 4, 8 or 16) => true,
            _ => false,
        };
        if (!known || Number(Tag.SampleFormat, 1) != 1) throw ImageHeader.Corrupt("This kind of TIFF is not supported; save it as RGB of 8 or 16 bits.");
        if (Number(Tag.Packing, 1) is not (1 or 5 or 8 or 32946 or 32773)) throw ImageHeader.Corrupt("This TIFF is packed in a way that is not supported; save it with LZW, ZIP or without.");
        CheckParts(width, height, Number(Tag.Planes, 1) == 2 ? samples : 1);
        var profileBytes = Count(Tag.Profile);
        ImageHeader.CheckProfile(profileBytes, _limits);
        return new(ImageFormat.Tiff, (int)width, (int)height)
        {
            Orientation = Number(Tag.Orientation, 1) is >= 1 and <= 8 and var orientation ? (int)orientation : 1,
            NeedsWholePicture = true,
            HasAlpha = (colours, samples) is (0 or 1, 2) or (2, 4),
            Has16Bits = bits == 16,
            IsSrgb = profileBytes == 0 && colours != 5,
            ProfileBytes = profileBytes,
            Length = _file.Length,
            Stripped = FirstPage(),
        };
    }

    /// <summary>There is an offset for each strip or tile, and none is so large that it alone would be a picture.</summary>
    private readonly void CheckParts(long width, long height, long planes)
    {
        var (tileWidth, tileHeight) = (Number(Tag.TileWidth, 0), Number(Tag.TileHeight, 0));
        var isTiled = tileWidth > 0 || tileHeight > 0;
        if (isTiled && (tileWidth is < 16 or > MaxTileSide || tileHeight is < 16 or > MaxTileSide)) throw ImageHeader.Corrupt($"The tiles of its TIFF must have sides from 16 to {MaxTileSide:N0} pixels.");
        var rows = Math.Clamp(Number(Tag.RowsPerStrip, height), 1, height);
        var parts = planes * (isTiled ? (width + tileWidth - 1) / tileWidth * ((height + tileHeight - 1) / tileHeight) : (height + rows - 1) / rows);
        if (isTiled && parts > _limits.MaxParts) throw ImageHeader.Corrupt($"It has more than {_limits.MaxParts:N0} TIFF tiles.");
        if (Count(isTiled ? Tag.TileOffsets : Tag.StripOffsets) < parts || Count(isTiled ? Tag.TileBytes : Tag.StripBytes) < parts) throw ImageHeader.Truncated();
    }

    /// <summary>The file as it is, so that offsets stay right, but with a directory at its end of which every entry is known here.</summary>
    private readonly StrippedFile FirstPage()
    {
        List<byte> directory = [];
        for (var at = 0; at < _entries.Length; at += EntryBytes)
            if (Enum.IsDefined((Tag)UInt16(_entries[at..]))) directory.AddRange(_entries.Slice(at, EntryBytes));
        var padding = _file.Length & 1;
        var (place, count) = (new byte[4], new byte[2]);
        if (_littleEndian) BinaryPrimitives.WriteInt32LittleEndian(place, _file.Length + padding);
        else BinaryPrimitives.WriteInt32BigEndian(place, _file.Length + padding);
        if (_littleEndian) BinaryPrimitives.WriteUInt16LittleEndian(count, (ushort)(directory.Count / EntryBytes));
        else BinaryPrimitives.WriteUInt16BigEndian(count, (ushort)(directory.Count / EntryBytes));

        var page = new StrippedFile();
        page.Keep(0, 4);
        page.Add(place);
        page.Keep(8, _file.Length - 8);
        page.Add([.. new byte[padding], .. count, .. directory, 0, 0, 0, 0]);
        return page;
    }

    /// <summary>The first value of an entry, which of several samples must be that of each.</summary>
    private readonly long Number(Tag tag, long? absent = null)
    {
        var entry = Entry(tag);
        if (entry.IsEmpty) return absent ?? throw ImageHeader.Corrupt("It lacks what every TIFF must say.");
        var (type, count) = (UInt16(entry[2..]), UInt32(entry[4..]));
        var size = type switch { Short => 2, Long => 4, _ => 0 };
        if (size == 0 || count == 0) throw ImageHeader.Corrupt("An entry of its TIFF is damaged.");
        var values = new ByteCursor(entry, position: 8);
        if (count * size > 4)
        {
            values = new ByteCursor(_file);
            values.Skip(UInt32(entry[8..]));
        }
        var first = Value(values.Take(size), type);
        for (var left = Math.Min(count, 8) - 1; left > 0; left--)
            if (Value(values.Take(size), type) != first) throw ImageHeader.Corrupt("A TIFF whose samples differ is not supported.");
        return first;
    }

    private readonly long Count(Tag tag) => Entry(tag) is { IsEmpty: false } entry ? UInt32(entry[4..]) : 0;

    private readonly ReadOnlySpan<byte> Entry(Tag tag)
    {
        for (var at = 0; at < _entries.Length; at += EntryBytes)
            if (UInt16(_entries[at..]) == (ushort)tag) return _entries.Slice(at, EntryBytes);
        return default;
    }

    private readonly long Value(ReadOnlySpan<byte> bytes, ushort type) => type == Short ? UInt16(bytes) : UInt32(bytes);

    private readonly ushort UInt16(ReadOnlySpan<byte> bytes) => _littleEndian ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private readonly uint UInt32(ReadOnlySpan<byte> bytes) => _littleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);

    /// <summary>The entries that the decoder gets; the others stay out.</summary>
    private enum Tag : ushort
    {
        Width = 256, Height = 257, Bits = 258, Packing = 259, Colours = 262, StripOffsets = 273, Orientation = 274, Samples = 277, RowsPerStrip = 278, StripBytes = 279,
        Planes = 284, Predictor = 317, Palette = 320, TileWidth = 322, TileHeight = 323, TileOffsets = 324, TileBytes = 325, ExtraSamples = 338, SampleFormat = 339, Profile = 34675,
    }
}
