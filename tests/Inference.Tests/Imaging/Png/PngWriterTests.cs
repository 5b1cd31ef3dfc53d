using System.IO.Pipelines;
using Rembg.Inference.Imaging;

namespace Rembg.Inference.Tests.Imaging.Png;

public class PngWriterTests
{
    public static TheoryData<int> Widths => [.. Enumerable.Range(1, 67)];

    [Theory]
    [MemberData(nameof(Widths))]
    public async Task EveryWidth_SurvivesTwoDecoders(int width)
    {
        foreach (var channels in (int[])[1, 3, 4])
        {
            await RoundTrip(Random(width, 5, channels));
            await RoundTrip(Random(width, 1, channels));
        }
    }

    [Theory]
    [InlineData(1, 5000)]
    [InlineData(5000, 1)]
    [InlineData(16_383, 2)]
    public async Task ThinPicture_SurvivesTwoDecoders(int width, int height) => await RoundTrip(Random(width, height, 4));

    [Fact]
    public async Task Zeros_SurviveTwoDecoders() => await RoundTrip(new(900, 700, 4, new byte[900 * 700 * 4]));

    [Fact]
    public async Task DataOfManyChunks_SurvivesTwoDecoders() => await RoundTrip(Random(400, 300, 4));

    [Fact]
    public async Task RunsOfEveryLength_SurviveTwoDecoders()
    {
        var pixels = new byte[64 * 400];
        var random = new Random(3);
        for (int at = 0, run = 1; at < pixels.Length; at += run, run = run % 700 + 1)
            pixels.AsSpan(at, Math.Min(run, pixels.Length - at)).Fill((byte)random.Next(256));
        await RoundTrip(new(64, 400, 1, pixels));
    }

    private static async Task RoundTrip(Decoded picture)
    {
        using var file = new MemoryStream();
        var pipe = PipeWriter.Create(file, new(leaveOpen: true));
        using (var png = new PngWriter(pipe, picture.Width, picture.Height, picture.Channels))
        {
            var stride = picture.Width * picture.Channels;
            for (var y = 0; y < picture.Height; y++) png.WriteRow(picture.Pixels.AsSpan(y * stride, stride));
            png.Finish();
        }
        await pipe.CompleteAsync();

        foreach (var decoded in (Decoded[])[Decoded.From(file.ToArray()), PngFile.Decode(file.ToArray())])
        {
            (decoded.Width, decoded.Height, decoded.Channels).ShouldBe((picture.Width, picture.Height, picture.Channels));
            decoded.Pixels.AsSpan().SequenceEqual(picture.Pixels).ShouldBeTrue();
        }
    }

    private static Decoded Random(int width, int height, int channels)
    {
        var pixels = new byte[width * height * channels];
        new Random(width * 31 + height).NextBytes(pixels);
        return new(width, height, channels, pixels);
    }
}
