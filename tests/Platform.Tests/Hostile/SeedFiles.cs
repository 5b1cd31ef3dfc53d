using NetVips;
using Rembg.Testing;
using static NetVips.Enums;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>A sound file before anything is done to it.</summary>
internal sealed record SeedFile(string Kind, byte[] Bytes);

/// <summary>One small photograph as every kind of file that the engine reads, and some that it refuses. 24 x 16 pixels, so that tens of thousands of runs take seconds.</summary>
internal static class SeedFiles
{
    private const int Width = 24, Height = 16;

    public static IReadOnlyList<SeedFile> All { get; } = [.. Jpegs(), .. Pngs(), .. Webps(), .. Avifs(), .. Tiffs(), .. GifsAndBmps()];

    private static IEnumerable<SeedFile> Jpegs()
    {
        yield return new("jpeg", Save(i => i.JpegsaveBuffer(keep: ForeignKeep.None)));
        yield return new("jpeg 4:4:4", Save(i => i.JpegsaveBuffer(q: 100, subsampleMode: ForeignSubsample.Off, keep: ForeignKeep.None)));
        yield return new("jpeg progressive", Save(i => i.JpegsaveBuffer(interlace: true, keep: ForeignKeep.None)));
        yield return new("jpeg restarts", Save(i => i.JpegsaveBuffer(restartInterval: 1, keep: ForeignKeep.None)));
        yield return new("jpeg grey", Save(i => i.JpegsaveBuffer(keep: ForeignKeep.None), Grey));
        yield return new("jpeg cmyk", Save(i => i.JpegsaveBuffer(keep: ForeignKeep.None), Cmyk));
        yield return new("jpeg profile", Save(i => i.JpegsaveBuffer(keep: ForeignKeep.Icc), P3));
        yield return new("jpeg exif", Save(i => i.JpegsaveBuffer(keep: ForeignKeep.Exif), i => Turned(i, 6)));
    }

    private static IEnumerable<SeedFile> Pngs()
    {
        yield return new("png", Save(i => i.PngsaveBuffer(keep: ForeignKeep.None)));
        yield return new("png filters", Save(i => i.PngsaveBuffer(filter: ForeignPngFilter.All, keep: ForeignKeep.None)));
        yield return new("png interlaced", Save(i => i.PngsaveBuffer(interlace: true, keep: ForeignKeep.None)));
        yield return new("png palette", Save(i => i.PngsaveBuffer(palette: true, keep: ForeignKeep.None)));
        yield return new("png palette alpha", Save(i => i.PngsaveBuffer(palette: true, keep: ForeignKeep.None), Alpha));
        yield return new("png alpha", Save(i => i.PngsaveBuffer(keep: ForeignKeep.None), Alpha));
        yield return new("png 16 bits", Save(i => i.PngsaveBuffer(bitdepth: 16, keep: ForeignKeep.None), i => i.Colourspace(Interpretation.Rgb16)));
        yield return new("png grey", Save(i => i.PngsaveBuffer(keep: ForeignKeep.None), Grey));
        yield return new("png grey 1 bit", Save(i => i.PngsaveBuffer(bitdepth: 1, keep: ForeignKeep.None), Grey));
        yield return new("png grey 16 bits", Save(i => i.PngsaveBuffer(bitdepth: 16, keep: ForeignKeep.None), i => i.Colourspace(Interpretation.Grey16)));
        yield return new("png grey alpha", Save(i => i.PngsaveBuffer(keep: ForeignKeep.None), i => Alpha(Grey(i))));
        yield return new("png profile", Save(i => i.PngsaveBuffer(keep: ForeignKeep.Icc), P3));
        yield return new("png animated", Animated(Save(i => i.PngsaveBuffer(keep: ForeignKeep.None))));
        yield return new("png exif", Save(i => i.PngsaveBuffer(keep: ForeignKeep.Exif), i => Turned(i, 5)));
    }

    private static IEnumerable<SeedFile> Webps()
    {
        yield return new("webp lossy", Save(i => i.WebpsaveBuffer(keep: ForeignKeep.None)));
        yield return new("webp lossless", Save(i => i.WebpsaveBuffer(lossless: true, keep: ForeignKeep.None)));
        yield return new("webp alpha", Save(i => i.WebpsaveBuffer(keep: ForeignKeep.None), Alpha));
        yield return new("webp lossless alpha", Save(i => i.WebpsaveBuffer(lossless: true, keep: ForeignKeep.None), Alpha));
        yield return new("webp profile", Save(i => i.WebpsaveBuffer(keep: ForeignKeep.Icc), P3));
        yield return new("webp exif", Save(i => i.WebpsaveBuffer(lossless: true, keep: ForeignKeep.Exif), i => Turned(i, 8)));
        yield return new("webp animated", Save(i => i.WebpsaveBuffer(), i => Image.Arrayjoin([i, i.Invert()], across: 1).Mutate(copy => copy.Set(GValue.GIntType, "page-height", Height))));
    }

    private static IEnumerable<SeedFile> Avifs()
    {
        yield return new("avif", Save(i => Avif(i)));
        yield return new("avif alpha", Save(i => Avif(i), Alpha));
        yield return new("avif 10 bits", Save(i => Avif(i, bits: 10)));
        yield return new("avif profile", Save(i => Avif(i, ForeignKeep.Icc), P3));
        yield return new("avif turned", Photos.Read("formats/turned.avif"));
    }

    private static IEnumerable<SeedFile> Tiffs()
    {
        yield return new("tiff", Save(i => i.TiffsaveBuffer(keep: ForeignKeep.None)));
        yield return new("tiff lzw", Save(i => i.TiffsaveBuffer(compression: ForeignTiffCompression.Lzw, predictor: ForeignTiffPredictor.Horizontal, keep: ForeignKeep.None), Alpha));
        yield return new("tiff tiles", Save(i => i.TiffsaveBuffer(tile: true, tileWidth: 16, tileHeight: 16, compression: ForeignTiffCompression.Deflate, keep: ForeignKeep.None)));
        yield return new("tiff packbits", Save(i => i.TiffsaveBuffer(compression: ForeignTiffCompression.Packbits, keep: ForeignKeep.None), Grey));
        yield return new("tiff 16 bits", Save(i => i.TiffsaveBuffer(keep: ForeignKeep.None), i => i.Colourspace(Interpretation.Rgb16)));
        yield return new("tiff cmyk profile", Save(i => i.TiffsaveBuffer(compression: ForeignTiffCompression.Lzw), Cmyk));
        yield return new("tiff planes", Photos.Read("formats/planes.tif"));
        yield return new("tiff palette", Photos.Read("formats/palette.tif"));
        yield return new("tiff turned", Photos.Read("formats/orient.tif"));
    }

    private static IEnumerable<SeedFile> GifsAndBmps()
    {
        foreach (var name in (string[])["still.gif", "interlaced.gif", "frames.gif", "part.gif", "clear.gif", "24.bmp", "565.bmp", "alpha.bmp", "8.bmp", "1.bmp", "rle.bmp"])
            yield return new(name, Photos.Read($"formats/{name}"));
    }

    private static byte[] Avif(Image photo, ForeignKeep keep = ForeignKeep.None, int bits = 8) =>
        photo.HeifsaveBuffer(compression: ForeignHeifCompression.Av1, effort: 0, bitdepth: bits, keep: keep);

    /// <summary>The picture and, as a second frame, itself again.</summary>
    private static byte[] Animated(byte[] png)
    {
        var parts = FileParts.Split(png);
        var data = parts.FindIndex(part => part.AsSpan(4).StartsWith("IDAT"u8));
        byte[] control = [0, 0, 0, Width, 0, 0, 0, Height, .. new byte[8], 0, 1, 0, 10, 0, 0];
        parts.InsertRange(parts.Count - 1, [Chunk("fcTL"u8, [0, 0, 0, 1, .. control]), Chunk("fdAT"u8, [0, 0, 0, 2, .. parts[data][8..^4]])]);
        parts.InsertRange(data, [Chunk("acTL"u8, [0, 0, 0, 2, 0, 0, 0, 0]), Chunk("fcTL"u8, [0, 0, 0, 0, .. control])]);
        return FileParts.Mend(FileParts.Join(parts));

        static byte[] Chunk(ReadOnlySpan<byte> type, byte[] contents) => [0, 0, (byte)(contents.Length >> 8), (byte)contents.Length, .. type, .. contents, 0, 0, 0, 0];
    }

    private static byte[] Save(Func<Image, byte[]> save, Func<Image, Image>? change = null)
    {
        using var photo = Image.ThumbnailBuffer(Photos.Rocket, Width, height: Height, size: Size.Force);
        using var changed = change?.Invoke(photo) ?? photo.Copy();
        return save(changed);
    }

    private static Image Grey(Image photo) => photo.Colourspace(Interpretation.Bw);
    private static Image Alpha(Image photo) => photo.Bandjoin(Image.Xyz(Width, Height).ExtractBand(0).Linear([10.0], [0.0]).Cast(BandFormat.Uchar));
    private static Image P3(Image photo) => photo.IccTransform("p3", inputProfile: "srgb");
    private static Image Cmyk(Image photo) => photo.IccTransform("cmyk", inputProfile: "srgb");
    private static Image Turned(Image photo, int orientation) => photo.Mutate(copy => copy.Set(GValue.GIntType, "orientation", orientation));
}
