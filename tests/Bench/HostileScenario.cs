using System.Globalization;
using System.IO.Pipelines;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Inference.Imaging;
using Rembg.Hostile;

namespace Rembg.Bench;

/// <summary>What the most expensive accepted file of each kind costs a pod, next to a photograph of the same pixels. The model is left out.</summary>
internal static class HostileScenario
{
    private const int ModelSide = 1024, Rounds = 3;
    private const double MillisecondsAMegabyte = 20, MaxTimesThePhoto = 3;

    private static readonly byte[] Input = new byte[ModelSide * ModelSide * 3];

    public static Task RunAsync(Report report)
    {
        report.Line($"CPU of header, model input and cutout PNG, median of {Rounds}; `reach` is {MaxTimesThePhoto} times the photograph and {MillisecondsAMegabyte} ms a megabyte of the file.");
        report.Line();
        report.Row("megapixels", "file", "MB", "CPU ms", "reach", "CPU / reach");
        report.Row("---:", "---", "---:", "---:", "---:", "---:");
        var (worst, mask) = (0.0, TestPhoto.Mask(ModelSide, ModelSide));
        foreach (var megapixels in (double[])[4, 16, 49])
        {
            var side = (int)Math.Sqrt(megapixels * 1e6);
            var photo = TestPhoto.Jpeg(side, side);
            _ = Milliseconds(photo, mask);
            var honest = Milliseconds(photo, mask);
            Row("photograph, baseline JPEG", photo, CutoutOptions.Default);
            Row("the same, post_process_mask", photo, new() { PostProcessMask = true });
            foreach (var (what, make) in ExpensiveFiles.All(megapixels)) Row(what, make(), CutoutOptions.Default);

            void Row(string what, byte[] file, CutoutOptions options)
            {
                var megabytes = file.Length / 1e6;
                var reach = MaxTimesThePhoto * honest + MillisecondsAMegabyte * megabytes;
                var cost = Milliseconds(file, mask, options);
                if (cost is { } ms) worst = Math.Max(worst, ms / reach!.Value);
                report.Row(Text(megapixels, "F0"), what, Text(megabytes, "F2"), cost is null ? "refused" : Text(cost.Value, "F0"), Text(reach!.Value, "F0"), cost is null ? "" : Text(cost.Value / reach.Value, "F2"));
            }
        }
        foreach (var (what, file) in (ReadOnlySpan<(string, byte[])>)
            [("32 texts of 7 MiB", ExpensiveFiles.Texts(7)), ("32 texts of 48 MiB", ExpensiveFiles.Texts(48)), ("80,000 invalid chunks", ExpensiveFiles.InvalidChunks(80_000)),
             ("9,000 invalid chunks", ExpensiveFiles.InvalidChunks(9_000)), ("JPEG of 7071 x 7071 without data", ExpensiveFiles.LargerThanItsData(7071))])
            report.Row("", what, Text(file.Length / 1e6, "F2"), Milliseconds(file, mask) is { } ms ? Text(ms, "F0") : "refused", "", "");
        report.Line();
        report.Figure("hostile_worst_over_reach", worst, "the most expensive accepted file over its reach");
        return Task.CompletedTask;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    /// <summary>Null when it is refused.</summary>
    private static double? Milliseconds(byte[] file, Mask mask, CutoutOptions? options = null)
    {
        var times = new List<double>();
        for (var round = 0; round < Rounds; round++)
        {
            var before = Environment.CpuUsage.TotalTime;
            try
            {
                var header = ImageHeader.Read(file, new());
                InputImage.Decode(file, header, ModelSide, ModelSide, Input);
                CutoutEncoder.Plan(header, mask, options ?? CutoutOptions.Default).Write(file, PipeWriter.Create(Stream.Null), CancellationToken.None);
            }
            catch (ProblemException)
            {
                return null;
            }
            times.Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
        }
        times.Sort();
        return times[Rounds / 2];
    }
}
