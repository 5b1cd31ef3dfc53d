using Rembg.Contract.Cutouts;

namespace Rembg.Inference.Imaging;

/// <summary>
/// AVIF (AV1 Image File Format 1.1; HEIF, ISO 23008-12): the primary picture and its alpha channel. Pictures of tiles, of layers and in pieces
/// are refused. What the decoder gets is a file of our own with these two and what describes them.
/// </summary>
internal readonly ref struct AvifHeader
{
    private const int MaxAuxiliaries = 16;

    private readonly ReadOnlySpan<byte> _file;
    private readonly ImageLimits _limits;
    private readonly IsoBoxes _meta;

    public static ImageHeader Read(ReadOnlySpan<byte> file, ImageLimits limits) => new AvifHeader(file, limits).Read();

    private AvifHeader(ReadOnlySpan<byte> file, ImageLimits limits)
    {
        _file = file;
        _limits = limits;
        _meta = Find(0, file.Length, "meta"u8);
    }

    private ImageHeader Read()
    {
        var cursor = Part("pitm"u8).Contents;
        var id = Id(ref cursor, isLong: Version(ref cursor) > 0);
        var picture = Item(id);
        var alpha = Alpha(id);
        if (alpha is not null && (alpha.Width, alpha.Height) != (picture.Width, picture.Height)) throw ImageHeader.Corrupt("Its alpha channel has another size.");
        var (width, height) = picture.IsTurned ? (picture.Height, picture.Width) : (picture.Width, picture.Height);
        return new(ImageFormat.Avif, width, height)
        {
            NeedsWholePicture = true,
            HasAlpha = alpha is not null,
            Has16Bits = picture.Bits > 8,
            IsSrgb = picture.ProfileBytes == 0 && picture.Declared is null,
            Declared = picture.ProfileBytes == 0 ? picture.Declared : null,
            ProfileBytes = picture.ProfileBytes,
            Length = Math.Max(_meta.End, Math.Max(picture.End, alpha?.End ?? 0)),
            Stripped = alpha is null ? AvifItem.Still(picture) : AvifItem.Still(picture, alpha),
        };
    }

    /// <summary>The picture that is the alpha channel of another; there may be others, such as depth.</summary>
    private AvifItem? Alpha(uint of)
    {
        if (!TryFind(_meta.Start + 4, _meta.End, "iref"u8, out var references)) return null;
        var cursor = references.Contents;
        var isLong = Version(ref cursor) > 0;
        var boxes = new IsoBoxes(_file, cursor.Position, references.End);
        for (var count = 0; boxes.Next(); count++)
        {
            if (count > MaxAuxiliaries) throw ImageHeader.Corrupt($"It has more than {MaxAuxiliaries} AVIF references.");
            if (!boxes.Type.SequenceEqual("auxl"u8)) continue;
            var reference = boxes.Contents;
            var from = Id(ref reference, isLong);
            if (reference.UInt16() > 0 && Id(ref reference, isLong) == of && Item(from) is { IsAlpha: true } alpha) return alpha;
        }
        return null;
    }

    /// <summary>Where a picture is and what describes it, judged before any of it is decoded.</summary>
    private AvifItem Item(uint id)
    {
        if (!Type(id).SequenceEqual("av01"u8)) throw ImageHeader.Corrupt("An AVIF picture of tiles, or of another coding, is not supported; save it as one picture.");
        var (start, length) = Location(id);
        var described = Part("iprp"u8);
        var properties = Find(described.Start, described.End, "ipco"u8);
        var item = new AvifItem(start, length);
        foreach (var (index, isEssential) in Links(Find(described.Start, described.End, "ipma"u8), id))
        {
            var box = new IsoBoxes(_file, properties.Start, properties.End);
            for (var at = 0; at < index; at++)
                if (!box.Next()) throw ImageHeader.Corrupt("Its AVIF picture has a property that is not there.");
            if (index > 0) item = item.With(box, isEssential);
        }
        ImageHeader.CheckSize(item.Width, item.Height, _limits);
        ImageHeader.CheckProfile(item.ProfileBytes, _limits);
        Av1Data.Check(_file.Slice(start, length), item.Width, item.Height);
        return item;
    }

    private ReadOnlySpan<byte> Type(uint id)
    {
        var items = Part("iinf"u8);
        var cursor = items.Contents;
        cursor.Skip(Version(ref cursor) == 0 ? 2 : 4);
        var boxes = new IsoBoxes(_file, cursor.Position, items.End);
        for (var count = 0; boxes.Next(); count++)
        {
            if (count > _limits.MaxParts) throw ImageHeader.Corrupt($"It has more than {_limits.MaxParts:N0} AVIF items.");
            var entry = boxes.Contents;
            var version = Version(ref entry);
            if (version is not (2 or 3) || Id(ref entry, isLong: version == 3) != id) continue;
            entry.Skip(2);
            return entry.Take(4);
        }
        return default;
    }

    /// <summary>Version 0 to 2 of the box; each number has 0, 4 or 8 bytes, as its head says.</summary>
    private (int Start, int Length) Location(uint id)
    {
        var cursor = Part("iloc"u8).Contents;
        var version = Version(ref cursor);
        var sizes = cursor.UInt16();
        var (offsetSize, lengthSize, baseSize, indexSize) = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, version == 0 ? 0 : sizes & 15);
        for (var left = Id(ref cursor, isLong: version == 2); left > 0; left--)
        {
            var isWanted = Id(ref cursor, isLong: version == 2) == id;
            var method = version == 0 ? 0 : cursor.UInt16() & 15;
            cursor.Skip(2);
            var start = Number(ref cursor, baseSize);
            var (extents, length) = (cursor.UInt16(), 0L);
            for (var extent = 0; extent < extents; extent++)
            {
                Number(ref cursor, indexSize);
                start += Number(ref cursor, offsetSize);
                length = Number(ref cursor, lengthSize);
            }
            if (!isWanted) continue;
            if (extents != 1 || method > 1) throw ImageHeader.Corrupt("An AVIF picture in pieces is not supported; save it again.");
            if (method == 1) start += Part("idat"u8).Start;
            if (start > _file.Length || length > _file.Length - start) throw ImageHeader.Truncated();
            return ((int)start, (int)length);
        }
        throw ImageHeader.Corrupt("Its AVIF picture is nowhere.");
    }

    /// <summary>Numbers of the properties of a picture, from 1 on, and whether each must be understood.</summary>
    private static List<(int Index, bool IsEssential)> Links(IsoBoxes box, uint id)
    {
        var cursor = box.Contents;
        var (isLong, isWide) = (cursor.Byte() > 0, (cursor.UInt24() & 1) != 0);
        var links = new List<(int, bool)>();
        for (var left = cursor.UInt32(); left > 0; left--)
        {
            var isWanted = Id(ref cursor, isLong) == id;
            for (var count = cursor.Byte(); count > 0; count--)
            {
                var link = isWide ? cursor.UInt16() : cursor.Byte() is var narrow ? narrow & 0x7F | (narrow & 0x80) << 8 : 0;
                if (isWanted) links.Add((link & 0x7FFF, (link & 0x8000) != 0));
            }
            if (isWanted) break;
        }
        return links;
    }

    private IsoBoxes Part(ReadOnlySpan<byte> type) => Find(Math.Min(_meta.Start + 4, _meta.End), _meta.End, type);

    private IsoBoxes Find(int start, int end, ReadOnlySpan<byte> type) =>
        TryFind(start, end, type, out var box) ? box : throw ImageHeader.Corrupt("It lacks a box that AVIF must have.");

    private bool TryFind(int start, int end, ReadOnlySpan<byte> type, out IsoBoxes box)
    {
        box = new IsoBoxes(_file, start, end);
        for (var count = 0; box.Next(); count++)
        {
            if (count > _limits.MaxParts) throw ImageHeader.Corrupt($"It has more than {_limits.MaxParts:N0} AVIF boxes.");
            if (box.Type.SequenceEqual(type)) return true;
        }
        return false;
    }

    private static byte Version(ref ByteCursor cursor)
    {
        var version = cursor.Byte();
        cursor.Skip(3);
        return version;
    }

    private static uint Id(ref ByteCursor cursor, bool isLong) => isLong ? cursor.UInt32() : cursor.UInt16();

    private static long Number(ref ByteCursor cursor, int size) => size switch
    {
        0 => 0,
        4 => cursor.UInt32(),
        8 => cursor.UInt64() is <= int.MaxValue and var number ? (long)number : throw ImageHeader.Truncated(),
        _ => throw ImageHeader.Corrupt("A number of its AVIF header has a length that AVIF does not have."),
    };
}
