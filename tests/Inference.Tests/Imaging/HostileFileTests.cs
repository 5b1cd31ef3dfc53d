using System.IO.Pipelines;
using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Inference.Imaging;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Imaging;

/// <summary>Files that reach a decoder: the outcome is a picture or a problem of the caller's, never another exception.</summary>
[Trait("Category", "Slow")]
public class HostileFileTests
{
    private static readonly ImageLimits Limits = new();

    private static readonly Dictionary<string, byte[]> Files = new()
    {
        ["jpeg"] = ImageFactory.Jpeg(Photos.Rocket),
        ["progressive"] = ImageFactory.Jpeg(Photos.Rocket, progressive: true),
        ["png"] = ImageFactory.Png(Photos.Rocket),
        ["interlaced"] = ImageFactory.Png(Photos.Rocket, interlaced: true),
        ["webp"] = ImageFactory.Webp(Photos.Rocket, lossless: false),
        ["lossless"] = ImageFactory.Webp(Photos.Rocket),
        ["avif"] = Photos.Read("formats/clear.avif"),
        ["tiff"] = Photos.Read("formats/lzw.tif"),
        ["tiles"] = Photos.Read("formats/tiles.tif"),
        ["gif"] = Photos.Read("formats/still.gif"),
        ["bmp"] = Photos.Read("formats/24.bmp"),
    };

    public static TheoryData<string> Kinds => ["jpeg", "progressive", "png", "interlaced", "webp", "lossless", "avif", "tiff", "tiles", "gif", "bmp"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CutOffAnywhere_IsAProblem(string kind)
    {
        var file = Files[kind];
        // Up to the last blocks: a JPEG that lacks these alone is whole enough.
        for (var length = 0; length < file.Length - 100; length += Math.Max(1, file.Length / 60))
            (await ProblemOf(file[..length])).ShouldNotBeNull($"{kind} of {file.Length} bytes cut off at {length}").Status.ShouldBeInRange(400, 422);
    }

    [Theory]
    [InlineData(1, true, true)]
    [InlineData(2, true, true)]
    [InlineData(6, true, false)]
    [InlineData(700, false, false)]
    [InlineData(5000, false, false)]
    public async Task JpegWithoutItsLastBytes_IsTakenWhenItsRowsAreThere(int missing, bool baseline, bool progressive)
    {
        (await ProblemOf(Files["jpeg"][..^missing]))?.Code.ShouldBe(baseline ? null : "truncated_image");
        (await ProblemOf(Files["progressive"][..^missing]))?.Code.ShouldBe(progressive ? null : "truncated_image");
        if (missing < 3) (await Cutting.CutAsync(Files["jpeg"][..^missing], Cutting.Solid(255))).ShouldBe(await Cutting.CutAsync(Files["jpeg"], Cutting.Solid(255)));
    }

    [Theory]
    [InlineData(true, false, 3)]
    [InlineData(false, true, 3)]
    [InlineData(false, false, 1)]
    [InlineData(false, false, 4)]
    public async Task EveryBaselineJpegWithoutItsEnd_IsTaken_AndOneThatLacksRowsIsNot(bool restarts, bool fullColour, int channels)
    {
        using var photo = Image.NewFromBuffer(Photos.Rocket);
        using var changed = channels switch { 1 => photo.Colourspace(Enums.Interpretation.Bw), 4 => photo.IccTransform("cmyk", inputProfile: "srgb"), _ => photo.Copy() };
        var file = changed.JpegsaveBuffer(q: 70, restartInterval: restarts ? 7 : 0, optimizeCoding: fullColour, subsampleMode: fullColour ? Enums.ForeignSubsample.Off : Enums.ForeignSubsample.Auto);

        (await ProblemOf(file[..^2])).ShouldBeNull();
        (await ProblemOf(file[..(file.Length * 97 / 100)])).ShouldNotBeNull().Code.ShouldBe("truncated_image");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task CutOffButProperlyEnded_IsAPictureOrAProblem(string kind)
    {
        var file = Files[kind];
        // The header's walk is satisfied; the decoder itself must notice.
        byte[] end = kind is "jpeg" or "progressive" ? [0xFF, 0xD9] : PngFile.End;
        for (var part = 1; part < 10; part++)
            (await ProblemOf([.. file[..(file.Length * part / 10)], .. end]))?.Status.ShouldBeInRange(400, 422);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task FlippedBytes_AreAPictureOrAProblem(string kind)
    {
        var file = Files[kind];
        var random = new Random(20_261_122 + kind.Length);
        for (var i = 0; i < 60; i++)
        {
            var damaged = file.ToArray();
            for (var flips = random.Next(1, 20); flips > 0; flips--) damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            (await ProblemOf(damaged))?.Status.ShouldBeInRange(400, 422);
        }
    }

    [Fact]
    public async Task PngWithHalfOfItsRows_IsAProblem() =>
        (await ProblemOf(PngFile.Of(PngFile.Header(64, 64), PngFile.Data(new byte[32 * (1 + 64 * 4)]), PngFile.End))).ShouldNotBeNull().Status.ShouldBe(422);

    [Fact]
    public void PngOfEmptyDeflateBlocks_IsRefusedOnItsHeader()
    {
        byte[] empty = [0x78, 0x9C, .. Enumerable.Repeat<byte[]>([0, 0, 0, 0xFF, 0xFF], 20_000).SelectMany(block => block)];

        Should.Throw<ProblemException>(() => ImageHeader.Read(PngFile.Of(PngFile.Header(64, 64), PngFile.Chunk("IDAT", empty), PngFile.End), Limits)).Problem.Code.ShouldBe("undecodable_image");
    }

    [Theory]
    [InlineData(System.IO.Compression.CompressionLevel.NoCompression)]
    [InlineData(System.IO.Compression.CompressionLevel.Fastest)]
    public void PngThatCannotBePacked_IsTaken(System.IO.Compression.CompressionLevel level)
    {
        var noise = new byte[256 * (1 + 256 * 4)];
        new Random(1).NextBytes(noise);
        for (var row = 0; row < 256; row++) noise[row * (1 + 256 * 4)] = 0;
        using var packed = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(packed, level, leaveOpen: true)) zlib.Write(noise);

        ImageHeader.Read(PngFile.Of(PngFile.Header(256, 256), PngFile.Chunk("IDAT", packed.ToArray()), PngFile.End), Limits).Pixels.ShouldBe(256 * 256);
    }

    [Fact]
    public void HugePngOfZeros_IsRefusedWithoutMemory()
    {
        var file = PngFile.Of(PngFile.Header(60_000, 60_000), PngFile.Data(new byte[1_000_000]), PngFile.End);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Should.Throw<ProblemException>(() => ImageHeader.Read(file, Limits)).Problem.Code.ShouldBe("resolution_too_high");

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(100_000);
    }

    [Fact]
    public async Task CancelledRequest_StopsWriting()
    {
        using var cancellation = new CancellationTokenSource();
        var header = ImageHeader.Read(Photos.Astronaut, Limits);
        await cancellation.CancelAsync();

        Should.Throw<OperationCanceledException>(() => CutoutEncoder.Plan(header, Cutting.Ellipse(), CutoutOptions.Default)
            .Write(Photos.Astronaut, PipeWriter.Create(Stream.Null), cancellation.Token));
        Should.Throw<OperationCanceledException>(() =>
            InputImage.Decode(Photos.Astronaut, header, 8, 8, new byte[8 * 8 * 3], cancellation.Token));
    }

    private static async Task<Problem?> ProblemOf(byte[] file)
    {
        try
        {
            var header = ImageHeader.Read(file, Limits);
            InputImage.Decode(file, header, 32, 32, new byte[32 * 32 * 3]);
            // What the model's view of a file accepts, composing accepts: the answer has begun by then.
            await Cutting.CutAsync(file, Cutting.Solid(255));
            return null;
        }
        catch (ProblemException refused)
        {
            return refused.Problem;
        }
    }
}
