using System.Buffers.Binary;
using System.IO.Compression;
using NetVips;
using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>A photograph of any size that costs what a real one costs, made from one of those in <c>tests/photos</c>.</summary>
internal static class TestPhoto
{
    /// <summary>
    /// Enlarged bicubically, with Gaussian noise of 3 levels a channel (a small sensor at ISO 200): an enlarged photo
    /// alone is too smooth to decode or deflate like a real one.
    /// </summary>
    public static byte[] Jpeg(int width, int height)
    {
        using var photo = Image.NewFromFile(Photos.Path("astronaut.png"));
        using var large = photo.Resize((double)width / photo.Width, Enums.Kernel.Cubic, vscale: (double)height / photo.Height);
        using var red = Image.Gaussnoise(width, height, sigma: 3, mean: 0, seed: 1);
        using var green = Image.Gaussnoise(width, height, sigma: 3, mean: 0, seed: 2);
        using var blue = Image.Gaussnoise(width, height, sigma: 3, mean: 0, seed: 3);
        using var noisy = large + red.Bandjoin(green, blue);
        using var bytes = noisy.Cast(Enums.BandFormat.Uchar);
        return bytes.JpegsaveBuffer(q: 90, keep: Enums.ForeignKeep.None);
    }

    /// <summary>The same picture with other bytes behind its end: another upload to the cache, the same work to the pod.</summary>
    public static byte[] Unique(byte[] image, int number) => [.. image, .. BitConverter.GetBytes(number)];

    /// <summary>The reference mask of the same photograph at the model's size.</summary>
    public static Inference.Imaging.Mask Mask(int width, int height)
    {
        using var mask = Image.NewFromBuffer(Photos.ReferenceMask("astronaut.png"));
        using var scaled = mask.Resize((double)width / mask.Width, Enums.Kernel.Linear, vscale: (double)height / mask.Height);
        return new(width, height, scaled.Cast(Enums.BandFormat.Uchar).WriteToMemory<byte>());
    }

    /// <summary>Decodes all pixels and nothing else.</summary>
    public static void Decode(byte[] jpeg)
    {
        using var image = Image.JpegloadBuffer(jpeg, access: Enums.Access.Sequential);
        NetVips.NetVips.Free(image.WriteToMemory(out _));
    }

    /// <summary>What a PNG's deflate was given: the filtered rows.</summary>
    public static byte[] FilteredRows(byte[] png)
    {
        using var idat = new MemoryStream();
        for (var at = 8; at < png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            if (png.AsSpan(at + 4, 4).SequenceEqual("IDAT"u8)) idat.Write(png, at + 8, length);
            at += 12 + length;
        }
        idat.Position = 0;
        using var zlib = new ZLibStream(idat, CompressionMode.Decompress);
        using var rows = new MemoryStream();
        zlib.CopyTo(rows);
        return rows.ToArray();
    }
}
