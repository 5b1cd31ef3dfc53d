using NetVips;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>Files of every kind, made from a photograph.</summary>
internal static class ImageFactory
{
    public static byte[] Jpeg(byte[] photo, bool progressive = false, int orientation = 1, int quality = 90)
    {
        using var image = Image.NewFromBuffer(photo);
        using var tagged = Oriented(image, orientation);
        return tagged.JpegsaveBuffer(q: quality, interlace: progressive, keep: Enums.ForeignKeep.Exif);
    }

    public static byte[] Png(byte[] photo, bool interlaced = false, int orientation = 1)
    {
        using var image = Image.NewFromBuffer(photo);
        using var tagged = Oriented(image, orientation);
        return tagged.PngsaveBuffer(interlace: interlaced);
    }

    public static byte[] Webp(byte[] photo, bool lossless = true, int orientation = 1)
    {
        using var image = Image.NewFromBuffer(photo);
        using var tagged = Oriented(image, orientation);
        return tagged.WebpsaveBuffer(lossless: lossless, exact: true);
    }

    private static Image Oriented(Image image, int orientation) =>
        orientation == 1 ? image.Copy() : image.Mutate(copy => copy.Set(GValue.GIntType, "orientation", orientation));
}
