using System.Globalization;
using System.IO.Compression;
using System.IO.Pipelines;
using Rembg.Contract.Cutouts;
using Rembg.Inference.Imaging;

namespace Rembg.Bench;

/// <summary>
/// What the image work of one photograph costs next to what nobody can avoid: decoding it once and deflating the
/// answer's bytes once. The model is left out; its mask comes from a photograph's reference mask.
/// </summary>
internal static class PipelineScenario
{
    private const int Width = 4000, Height = 3000, ModelSide = 1024, Rounds = 15;

    public static Task RunAsync(Report report)
    {
        var jpeg = TestPhoto.Jpeg(Width, Height);
        var mask = TestPhoto.Mask(ModelSide, ModelSide);
        var header = ImageHeader.Read(jpeg, new());
        var png = Png(header, mask, jpeg);
        var filtered = TestPhoto.FilteredRows(png);
        var input = new byte[ModelSide * ModelSide * 3];
        var middle = Middle(mask);

        (string Name, Action Run)[] stages =
        [
            ("bare decode", () => TestPhoto.Decode(jpeg)),
            ("bare deflate of the PNG's filtered rows, level 2", () => Deflate(filtered, Level(2))),
            ("model input: shrunk decode, Lanczos", () => InputImage.Decode(jpeg, header, ModelSide, ModelSide, input)),
            ("cutout PNG", () => Write(header, mask, jpeg, CutoutOptions.Default, input: input)),
            ("cutout PNG with a kept mask", () => Write(header, mask, jpeg, CutoutOptions.Default)),
            ("cutout PNG, edges=raw", () => Write(header, mask, jpeg, new() { Edges = EdgeMode.Raw })),
            ("the maps of clean edges", () => EdgeMaps.Of(mask, input)),
            ("cutout zip", () => Write(header, mask, jpeg, new() { Format = OutputFormat.Zip })),
            ("mask alone", () => Write(header, mask, jpeg, new() { Channels = OutputChannels.Alpha })),
            ("preview PNG", () => Write(header, mask, jpeg, new() { Size = OutputSize.Preview })),
            ("JPEG over white", () => Write(header, mask, jpeg, new() { Format = OutputFormat.Jpg })),
            ("its middle quarter alone, crop=true", () => Write(header, middle, jpeg, new() { Layout = new() { Crop = true } }, input: input)),
            ("header", () => ImageHeader.Read(jpeg, new())),
            ("bare deflate, level 6", () => Deflate(filtered, Level(6))),
            ("bare deflate, runs alone as the PNG has it", () => Deflate(filtered, PngWriter.Deflate)),
        ];
        var cpu = CpuTime.Measure(Rounds, [.. stages.Select(stage => stage.Run)]);

        report.Line($"{Width} x {Height} JPEG of {jpeg.Length / 1e6:F1} MB: a photograph enlarged, with seeded sensor noise. Median of {Rounds}, warm.");
        report.Line();
        report.Row("stage", "CPU ms");
        report.Row("---", "---:");
        foreach (var (stage, milliseconds) in stages.Zip(cpu)) report.Row(stage.Name, milliseconds.ToString("F1", CultureInfo.InvariantCulture));
        report.Line();

        var floor = cpu[0] + cpu[1];
        report.Figure("cutout_cpu_over_floor", (cpu[2] + cpu[3]) / floor, "all image work (model input and cutout PNG) over bare decode + bare deflate of the same rows at level 2; reach 1.2");
        report.Figure("cutout_cpu_over_floor_raw", (cpu[2] + cpu[5]) / floor, "the same with edges=raw");
        report.Figure("cutout_cpu_over_own_floor", (cpu[2] + cpu[3]) / (cpu[0] + cpu[^1]), "the same over bare decode + bare deflate as the PNG has it, which looks for runs alone");
        report.Figure("cutout_png_over_floor", cpu[3] / floor, "the cutout PNG alone over the same");
        report.Figure("crop_over_whole", cpu[11] / cpu[3], "a cutout cropped to a quarter of the photograph over the whole; reach 0.5");
        report.Figure("cutout_size_over_level6", (double)png.Length / Deflate(filtered, Level(6)), "bytes of the PNG over those of the same rows at level 6");
        return Task.CompletedTask;
    }

    /// <summary>The mask of a subject that fills the middle half each way.</summary>
    private static Mask Middle(Mask mask)
    {
        var values = new byte[mask.Values.Length];
        for (var y = mask.Height / 4; y < mask.Height * 3 / 4; y++)
            for (var x = mask.Width / 4; x < mask.Width * 3 / 4; x++)
                values[y * mask.Width + x] = y == mask.Height / 4 || x == mask.Width / 4 || y == mask.Height * 3 / 4 - 1 || x == mask.Width * 3 / 4 - 1 ? (byte)255 : mask.Values[y * mask.Width + x];
        return new(mask.Width, mask.Height, values);
    }

    private static byte[] Png(ImageHeader header, Mask mask, byte[] file)
    {
        using var answer = new MemoryStream();
        Write(header, mask, file, CutoutOptions.Default, answer);
        return answer.ToArray();
    }

    private static void Write(ImageHeader header, Mask mask, byte[] file, CutoutOptions options, Stream? answer = null, byte[]? input = null)
    {
        var pipe = PipeWriter.Create(answer ?? Stream.Null, new(leaveOpen: true));
        CutoutEncoder.Plan(header, mask, options).Write(file, pipe, CancellationToken.None, input);
        pipe.Complete();
    }

    private static ZLibCompressionOptions Level(int level) => new() { CompressionLevel = level };

    private static long Deflate(byte[] rows, ZLibCompressionOptions options)
    {
        using var answer = new CountingStream();
        using (var zlib = new ZLibStream(answer, options, leaveOpen: true))
            zlib.Write(rows);
        return answer.Count;
    }
}
