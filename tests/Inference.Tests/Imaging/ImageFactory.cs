using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>Files of every kind, made from a photograph.</summary>
internal static class ImageFactory
{
    public static byte[] Jpeg(byte[] photo, bool progressive = false, int orientation = 1) =>
        Save(photo, orientation, image => image.JpegsaveBuffer(q: 90, interlace: progressive, keep: Enums.ForeignKeep.Exif));

    public static byte[] Png(byte[] photo, bool interlaced = false, int orientation = 1) =>
        Save(photo, orientation, image => image.PngsaveBuffer(interlace: interlaced, keep: Enums.ForeignKeep.Exif));

    public static byte[] Webp(byte[] photo, bool lossless = true, int orientation = 1) =>
        Save(photo, orientation, image => image.WebpsaveBuffer(lossless: lossless, exact: true, effort: 0, keep: Enums.ForeignKeep.Exif));

    /// <summary>The photograph turned and mirrored so that <paramref name="orientation"/> sets it upright again.</summary>
    public static byte[] Oriented(ImageFormat format, byte[] photo, int orientation)
    {
        using var upright = Image.NewFromBuffer(photo);
        using var stored = orientation switch
        {
            2 => upright.FlipHor(),
            3 => upright.Rot180(),
            4 => upright.FlipVer(),
            5 => upright.FlipHor().Rot270(),
            6 => upright.Rot270(),
            7 => upright.FlipHor().Rot90(),
            8 => upright.Rot90(),
            _ => upright.Copy(),
        };
        var turned = stored.PngsaveBuffer();
        return format switch
        {
            ImageFormat.Jpeg => Jpeg(turned, orientation: orientation),
            ImageFormat.Png => Png(turned, orientation: orientation),
            _ => Webp(turned, orientation: orientation),
        };
    }

    public static byte[] AnimatedWebp(byte[] photo)
    {
        using var frame = Image.NewFromBuffer(photo);
        using var frames = Image.Arrayjoin([frame, frame.Invert()], across: 1);
        using var animated = frames.Mutate(copy => copy.Set(GValue.GIntType, "page-height", frame.Height));
        return animated.WebpsaveBuffer();
    }

    /// <summary>Of two frames: <paramref name="frame"/> on an empty canvas, twice. Left and top are even.</summary>
    public static byte[] AnimatedWebp(int width, int height, int left, int top, Image frame)
    {
        var picture = frame.WebpsaveBuffer(lossless: true, exact: true, keep: Enums.ForeignKeep.None).AsSpan(12);
        if (picture.StartsWith("VP8X"u8)) picture = picture[18..];
        byte[] placed = [(byte)(left / 2), 0, 0, (byte)(top / 2), 0, 0, (byte)(frame.Width - 1), 0, 0, (byte)(frame.Height - 1), 0, 0, 100, 0, 0, 0, .. picture];
        byte[] anmf = [.. "ANMF"u8, .. BitConverter.GetBytes(placed.Length), .. placed];
        byte[] body = [.. "WEBPVP8X"u8, 10, 0, 0, 0, 0x12, 0, 0, 0, (byte)(width - 1), 0, 0, (byte)(height - 1), 0, 0, .. "ANIM"u8, 6, 0, 0, 0, .. new byte[6], .. anmf, .. anmf];
        return [.. "RIFF"u8, .. BitConverter.GetBytes(body.Length), .. body];
    }

    /// <summary>Any change by libvips, then any of its savers.</summary>
    public static byte[] Make(byte[] photo, Func<Image, Image> change, Func<Image, byte[]> save)
    {
        using var image = Image.NewFromBuffer(photo);
        using var changed = change(image);
        return save(changed);
    }

    private static byte[] Save(byte[] photo, int orientation, Func<Image, byte[]> save) =>
        Make(photo, image => orientation == 1 ? image.Copy() : image.Mutate(copy => copy.Set(GValue.GIntType, "orientation", orientation)), save);
}
