using System.IO.Compression;
using System.Text;
using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>Where a photograph was taken, and by whom, is nobody's business but its owner's.</summary>
public class MetadataTests
{
    /// <summary>Stands in every kind of metadata of <see cref="Photo"/>.</summary>
    private const string Secret = "SECRET-PLACE";

    [Theory]
    [InlineData(OutputFormat.Png, OutputSize.Full, false)]
    [InlineData(OutputFormat.Webp, OutputSize.Full, false)]
    [InlineData(OutputFormat.Jpg, OutputSize.Full, false)]
    [InlineData(OutputFormat.Zip, OutputSize.Full, false)]
    [InlineData(OutputFormat.Zip, OutputSize.Full, true)]
    [InlineData(OutputFormat.Zip, OutputSize.Preview, false)]
    public async Task NoAnswer_HoldsThePhotosMetadata(OutputFormat format, OutputSize size, bool progressive)
    {
        var photo = Photo(progressive);
        Occurrences(photo).ShouldBeGreaterThanOrEqualTo(4, "EXIF, XMP, a comment, and behind the end");

        var answer = await CutAsync(photo, Ellipse(), new() { Format = format, Size = size });

        foreach (var file in format == OutputFormat.Zip ? Entries(answer) : [answer])
        {
            Occurrences(file).ShouldBe(0);
            using var image = Image.NewFromBuffer(file);
            image.GetFields().ShouldNotContain(field => field.StartsWith("exif-", StringComparison.Ordinal) || field.EndsWith("-data", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task StrippedJpeg_HasTheSamePixels()
    {
        foreach (var progressive in new[] { false, true })
        {
            var photo = Photo(progressive);
            var colour = Entries(await CutAsync(photo, Ellipse(), new() { Format = OutputFormat.Zip }))[0];
            Decoded.From(colour).Pixels.AsSpan().SequenceEqual(Decoded.From(photo).Pixels).ShouldBeTrue();
        }
    }

    private static byte[] Photo(bool progressive)
    {
        var jpeg = ImageFactory.Make(Photos.Astronaut, image => image.Mutate(copy =>
        {
            copy.Remove("icc-profile-data"); // with one, the colours are converted and the picture is encoded anew
            copy.Set(GValue.GStrType, "exif-ifd0-ImageDescription", Secret);
            copy.Set(GValue.GStrType, "exif-ifd3-GPSLatitude", "52/1 31/1 0/1");
            copy.Set(GValue.GStrType, "exif-ifd3-GPSLatitudeRef", "N");
            copy.Set(GValue.BlobType, "xmp-data", Encoding.ASCII.GetBytes($"<x:xmpmeta>{Secret}</x:xmpmeta>"));
            copy.Set(GValue.BlobType, "iptc-data", Encoding.ASCII.GetBytes(Secret));
        }), image => image.JpegsaveBuffer(interlace: progressive, keep: Enums.ForeignKeep.All));
        byte[] comment = [0xFF, 0xFE, 0, (byte)(2 + Secret.Length), .. Encoding.ASCII.GetBytes(Secret)];
        return [.. jpeg[..2], .. comment, .. jpeg[2..], .. Encoding.ASCII.GetBytes(Secret)];
    }

    private static byte[][] Entries(byte[] answer)
    {
        using var zip = new ZipArchive(new MemoryStream(answer));
        return [.. zip.Entries.Select(entry =>
        {
            using var content = new MemoryStream();
            entry.Open().CopyTo(content);
            return content.ToArray();
        })];
    }

    private static int Occurrences(byte[] file) => Encoding.Latin1.GetString(file).Split(Secret).Length - 1;
}
