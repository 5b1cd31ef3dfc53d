using System.Buffers.Binary;
using NetVips;
using Rembg.Contract.Problems;
using Rembg.Inference.Imaging;
using Rembg.Testing;
using static Rembg.Inference.Tests.Imaging.Cutting;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>PNGs that say by numbers what their colours are: the cutout has the photograph's own, in sRGB.</summary>
[Trait("Category", "Slow")]
public class DeclaredColoursTests
{
    private static readonly byte[] Photo = Photos.Astronaut;
    private static readonly double[] AdobeRgb = [0.3127, 0.329, 0.64, 0.33, 0.21, 0.71, 0.15, 0.06];

    public static TheoryData<string, Func<byte[]>> Kinds => new()
    {
        { "gAMA 1, 16 bits", () => Png(bits: 16, light => light, Gamma(100_000)) },
        { "gAMA 1, 16 bits, grey", () => Png(bits: 16, light => light, Gamma(100_000), isGrey: true) },
        { "gAMA 1/1.8", () => Png(bits: 8, light => Math.Pow(light, 1 / 1.8), Gamma(55_556)) },
        { "gAMA 1/2.2, 16 bits, and sRGB's chromaticities", () => Png(bits: 16, light => Math.Pow(light, 1 / 2.2), [.. Gamma(45_455), .. Chromaticities(0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06)]) },
        { "cICP BT.709", () => Png(bits: 8, light => Math.Pow(light, 1 / 2.4), PngFile.Chunk("cICP", 1, 1, 0, 1)) },
        { "cICP linear", () => Png(bits: 16, light => light, PngFile.Chunk("cICP", 1, 8, 0, 1)) },
        { "cICP sRGB, and a gAMA that it overrules", () => Png(bits: 8, ToSrgb, [.. PngFile.Chunk("cICP", 1, 13, 0, 1), .. Gamma(100_000)]) },
        { "sRGB, and a gAMA that it overrules", () => Png(bits: 8, ToSrgb, [.. Gamma(100_000), .. PngFile.Chunk("sRGB", 0)]) },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Colours_AreThePhotographs(string kind, Func<byte[]> make)
    {
        var cutout = Decoded.From(await CutAsync(make(), Solid(255)));
        var expected = Decoded.From(await CutAsync(Png(bits: 8, ToSrgb, [], isGrey: kind.EndsWith("grey", StringComparison.Ordinal)), Solid(255)));

        cutout.DifferenceTo(expected).ShouldBeLessThanOrEqualTo(1);
    }

    /// <summary>libvips has a profile of Display P3 of its own: the independent eye here.</summary>
    [Fact]
    public async Task DisplayP3_IsWhatItsProfileSays()
    {
        var profile = ImageFactory.Make(Photo, image => image.IccTransform("p3", inputProfile: "srgb"), image => image.PngsaveBuffer());
        var numbers = Insert(ImageFactory.Make(Photo, image => image.IccTransform("p3", inputProfile: "srgb"), image => image.PngsaveBuffer(keep: Enums.ForeignKeep.None)), PngFile.Chunk("cICP", 12, 13, 0, 1));

        Decoded.From(await CutAsync(numbers, Solid(255))).DifferenceTo(Decoded.From(await CutAsync(profile, Solid(255)))).ShouldBeLessThanOrEqualTo(0.5);
    }

    [Fact]
    public async Task AdobeRgbsChromaticities_AreStrongerColours()
    {
        var plain = Decoded.From(await CutAsync(Insert(ImageFactory.Png(Photo), []), Solid(255)));
        var adobe = Decoded.From(await CutAsync(Insert(ImageFactory.Png(Photo), Chromaticities(AdobeRgb)), Solid(255)));

        adobe.DifferenceTo(plain).ShouldBeInRange(2, 12); // 6.6 by Chromium
    }

    [Theory]
    [InlineData(16)]
    [InlineData(18)]
    public void Hdr_IsRefusedWithAReason(byte transfer) =>
        Should.Throw<ProblemException>(() => ImageHeader.Read(Insert(ImageFactory.Png(Photo), PngFile.Chunk("cICP", 9, transfer, 0, 1)), Limits)).Problem.Detail.ShouldNotBeNull().ShouldContain("HDR");

    [Fact]
    public async Task ChromaticitiesThatAreNone_AreIgnored() =>
        (await CutAsync(Insert(ImageFactory.Png(Photo), Chromaticities(0, 0, 0, 0, 0, 0, 0, 0)), Solid(255))).ShouldBe(await CutAsync(Insert(ImageFactory.Png(Photo), []), Solid(255)));

    private static byte[] Png(int bits, Func<double, double> curve, byte[] chunks, bool isGrey = false)
    {
        using var photo = Image.NewFromBuffer(Photo);
        using var samples = isGrey ? photo.Colourspace(Enums.Interpretation.Bw) : photo.Copy();
        using var table = Image.NewFromArray([.. Enumerable.Range(0, 256).Select(value => Math.Round(curve(ToLight(value / 255.0)) * (bits == 16 ? 65535 : 255)))]);
        using var lookup = table.Cast(bits == 16 ? Enums.BandFormat.Ushort : Enums.BandFormat.Uchar);
        using var mapped = samples.Maplut(lookup);
        using var typed = mapped.Copy(interpretation: (bits, isGrey) switch { (16, true) => Enums.Interpretation.Grey16, (16, _) => Enums.Interpretation.Rgb16, (_, true) => Enums.Interpretation.Bw, _ => Enums.Interpretation.Srgb });
        return Insert(typed.PngsaveBuffer(bitdepth: bits, keep: Enums.ForeignKeep.None), chunks);
    }

    private static double ToLight(double sample) => sample <= 0.04045 ? sample / 12.92 : Math.Pow((sample + 0.055) / 1.055, 2.4);
    private static double ToSrgb(double light) => light <= 0.0031308 ? light * 12.92 : 1.055 * Math.Pow(light, 1 / 2.4) - 0.055;
    private static byte[] Gamma(uint value) => PngFile.Chunk("gAMA", BigEndian(value));

    /// <summary>White, red, green, blue.</summary>
    private static byte[] Chromaticities(params double[] values) => PngFile.Chunk("cHRM", [.. values.SelectMany(value => BigEndian((uint)Math.Round(value * 100_000)))]);

    /// <summary>Chunks behind IHDR.</summary>
    private static byte[] Insert(byte[] png, byte[] chunks) => [.. png[..33], .. chunks, .. png[33..]];

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }
}
