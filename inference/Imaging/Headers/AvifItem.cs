using System.Buffers.Binary;

namespace Rembg.Inference.Imaging;

/// <summary>One coded picture in an AVIF: the photograph, or its alpha channel. Sizes in pixels, before it is turned.</summary>
/// <param name="Start">Where its data is in the file.</param>
internal sealed record AvifItem(int Start, int Length)
{
    private const int MaxProperties = 32, MaxPropertyBytes = 256;

    public int End => Start + Length;
    public int Width { get; private init; }
    public int Height { get; private init; }
    public int Bits { get; private init; } = 8;

    /// <summary>By a quarter: the decoder gives height x width pixels.</summary>
    public bool IsTurned { get; private init; }
    public bool IsAlpha { get; private init; }
    public long ProfileBytes { get; private init; }

    /// <summary>Null for sRGB.</summary>
    public DeclaredColours? Declared { get; private init; }

    /// <summary>The boxes that describe it, as the decoder gets them, and whether it must understand each.</summary>
    private (byte[] Box, bool IsEssential)[] Properties { get; init; } = [];

    /// <summary>Described by one more box. One that is not known is left out.</summary>
    public AvifItem With(IsoBoxes box, bool isEssential)
    {
        if (Properties.Length > MaxProperties) throw ImageHeader.Corrupt($"It has more than {MaxProperties} AVIF properties.");
        var contents = box.Contents;
        if (box.Type.SequenceEqual("ispe"u8))
        {
            contents.Skip(4);
            var (width, height) = (contents.UInt32(), contents.UInt32());
            return (this with { Width = (int)Math.Min(width, int.MaxValue), Height = (int)Math.Min(height, int.MaxValue) }).Keeping(box, isEssential);
        }
        if (box.Type.SequenceEqual("av1C"u8))
        {
            // Without the units that may follow: they are in the data as well, where they are judged.
            var configuration = contents.Take(4);
            var bits = (configuration[2] & 0x40) == 0 ? 8 : (configuration[2] & 0x20) == 0 ? 10 : 12;
            return this with { Bits = bits, Properties = [.. Properties, (Box("av1C", configuration.ToArray()), isEssential)] };
        }
        if (box.Type.SequenceEqual("colr"u8))
        {
            var kind = contents.Take(4);
            // Films' curve (1, 6, 14, 15) is shown as sRGB's, as browsers do.
            if (!kind.SequenceEqual("nclx"u8)) return (this with { ProfileBytes = ProfileBytes + contents.Left }).Keeping(box, isEssential);
            var (primaries, transfer) = (contents.UInt16(), contents.UInt16());
            return (this with { Declared = DeclaredColours.Of(primaries, transfer is 1 or 6 or 14 or 15 ? 13 : transfer) }).Keeping(box, isEssential);
        }
        if (box.Type.SequenceEqual("irot"u8)) return (this with { IsTurned = IsTurned ^ (contents.Byte() & 1) != 0 }).Keeping(box, isEssential);
        if (box.Type.SequenceEqual("auxC"u8))
        {
            contents.Skip(4);
            return (this with { IsAlpha = contents.Rest.StartsWith("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"u8) }).Keeping(box, isEssential);
        }
        if (box.Type.SequenceEqual("imir"u8) || box.Type.SequenceEqual("pixi"u8)) return Keeping(box, isEssential);
        return isEssential || box.Type.SequenceEqual("clap"u8) ? throw ImageHeader.Corrupt("Its AVIF picture is cropped or layered, which is not supported; save it as it is to be seen.") : this;
    }

    /// <summary>A file with nothing but these pictures, of which the second, if there is one, is the first's alpha channel.</summary>
    public static StrippedFile Still(params ReadOnlySpan<AvifItem> items)
    {
        List<byte> names = [0, 0, 0, 0, 0, (byte)items.Length], properties = [], links = [0, 0, 0, 0, 0, 0, 0, (byte)items.Length];
        byte number = 0;
        for (byte id = 1; id <= items.Length; id++)
        {
            names.AddRange(Box("infe", [2, 0, 0, 0, 0, id, 0, 0, .. "av01"u8, 0]));
            links.AddRange([0, id, (byte)items[id - 1].Properties.Length]);
            foreach (var (box, isEssential) in items[id - 1].Properties)
            {
                properties.AddRange(box);
                links.Add((byte)(++number | (isEssential ? 0x80 : 0)));
            }
        }
        byte[] references = items.Length == 1 ? [] : Box("iref", [0, 0, 0, 0, .. Box("auxl", [0, 2, 0, 1, 0, 1])]);
        byte[] rest =
        [
            .. Box("hdlr", [.. new byte[8], .. "pict"u8, .. new byte[13]]), .. Box("pitm", [0, 0, 0, 0, 0, 1]), .. Box("iinf", [.. names]), .. references,
            .. Box("iprp", [.. Box("ipco", [.. properties]), .. Box("ipma", [.. links])]),
        ];

        // The data lies behind all this, so that its place depends on the length of the box that says it.
        byte[] type = Box("ftyp", [.. "avif"u8, 0, 0, 0, 0, .. "avifmif1miaf"u8]);
        var start = type.Length + Box("meta", [0, 0, 0, 0, .. rest, .. Places(items, 0)]).Length + 8;
        var still = new StrippedFile();
        still.Add([.. type, .. Box("meta", [0, 0, 0, 0, .. rest, .. Places(items, start)]), .. UInt32(8 + (items is [_, var alpha] ? items[0].Length + alpha.Length : items[0].Length)), .. "mdat"u8]);
        foreach (var item in items) still.Keep(item.Start, item.Length);
        return still;
    }

    /// <summary>Where the pictures are, one behind the other.</summary>
    private static byte[] Places(ReadOnlySpan<AvifItem> items, int start)
    {
        List<byte> places = [0, 0, 0, 0, 0x44, 0, 0, (byte)items.Length];
        for (byte id = 1; id <= items.Length; start += items[id - 1].Length, id++)
            places.AddRange([0, id, 0, 0, 0, 1, .. UInt32(start), .. UInt32(items[id - 1].Length)]);
        return Box("iloc", [.. places]);
    }

    private AvifItem Keeping(IsoBoxes box, bool isEssential) => box.End - box.Start - ProfileBytes > MaxPropertyBytes
        ? throw ImageHeader.Corrupt($"An AVIF property has more than {MaxPropertyBytes} bytes.")
        : this with { Properties = [.. Properties, ([.. UInt32(box.End - box.Start + 8), .. box.Type, .. box.Contents.Rest], isEssential)] };

    private static byte[] Box(string type, byte[] contents) => [.. UInt32(contents.Length + 8), .. type.Select(letter => (byte)letter), .. contents];

    private static byte[] UInt32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }
}
