using System.IO.Pipelines;
using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Models;
using Rembg.Inference.Imaging;
using Rembg.Inference.Models;
using Rembg.Testing;
using Mask = Rembg.Inference.Imaging.Mask;

namespace Rembg.Bench;

/// <summary>
/// Clean edges against true alpha: drawn subjects before the test photographs, out of focus. Each error is a ratio to that of
/// <c>edges=raw</c>, the geometric mean over the pictures whose subject the model found (IoU over 0.8), as in quality.md.
/// </summary>
internal static class EdgesScenario
{
    private const string Model = "isnet-general-use";

    /// <summary>Sides in pixels: about 1.4 and 9 megapixels.</summary>
    private static readonly int[] Sides = [1200, 3000];

    private static readonly (string Name, int Red, int Green, int Blue)[] Coats = [("brown", 110, 70, 40), ("fair", 215, 175, 120), ("black", 45, 42, 48), ("red", 190, 60, 45), ("white", 225, 225, 220)];

    /// <summary>Colours are 0 to 255, R G B interleaved; alpha is 0 to 1.</summary>
    private sealed record Picture(string Name, int Side, byte[] File, byte[] Subject, float[] Alpha);

    private sealed record Errors(double Sad, double Band, double Gradient, double Halo, double Frayed, double Bytes);

    public static Task RunAsync(Report report)
    {
        using var session = Sessions.Open(Model, Precision.Auto);
        report.Line($"{Model}, {session.Spec.InputWidth} x {session.Spec.InputHeight}. Ratios to edges=raw; halo over white, black and green, of 255; frayed: share of the band whose alpha is worse by over 0.15.");
        foreach (var side in Sides)
        {
            report.Line();
            report.Row($"{side} x {side}", "IoU", "SAD", "band", "gradient", "halo", "halo raw, clean", "frayed", "PNG bytes");
            report.Row("---", "---:", "---:", "---:", "---:", "---:", "---:", "---:", "---:");
            var found = new List<(Errors Raw, Errors Clean)>();
            var pictures = 0;
            foreach (var kind in EdgeSubject.Kinds.Keys)
                foreach (var behind in Photos.Names)
                {
                    var picture = Compose(kind, Coats[pictures++ % Coats.Length], behind, side);
                    var mask = MaskOf(session, picture.File);
                    var (raw, clean) = (Draw(picture, mask, EdgeMode.Raw), Draw(picture, mask, EdgeMode.Clean));
                    var (rawErrors, cleanErrors) = (Measure(picture, raw, raw), Measure(picture, clean, raw));
                    var iou = Iou(picture.Alpha, raw.Pixels);
                    if (iou > 0.8) found.Add((rawErrors, cleanErrors));
                    report.Row(picture.Name, $"{iou:F3}", Ratio(e => e.Sad), Ratio(e => e.Band), Ratio(e => e.Gradient), Ratio(e => e.Halo), $"{rawErrors.Halo:F1}, {cleanErrors.Halo:F1}", $"{cleanErrors.Frayed:P2}", Ratio(e => e.Bytes));

                    string Ratio(Func<Errors, double> of) => FormattableString.Invariant($"{of(cleanErrors) / of(rawErrors):F3}");
                }
            double Mean(Func<Errors, double> of) => Math.Exp(found.Average(pair => Math.Log(of(pair.Clean) / of(pair.Raw))));
            report.Line();
            report.Figure($"edges_sad_{side}", Mean(e => e.Sad), $"SAD over that of edges=raw, {found.Count} of {pictures} pictures; reach 0.76");
            report.Figure($"edges_band_{side}", Mean(e => e.Band), "the same where the true alpha is between 0.02 and 0.98");
            report.Figure($"edges_gradient_{side}", Mean(e => e.Gradient), "gradient error; reach 0.80");
            report.Figure($"edges_halo_{side}", Mean(e => e.Halo), "halo; reach 0.85, and 0.77 from 8 megapixels on");
            report.Figure($"edges_frayed_{side}", found.Average(pair => pair.Clean.Frayed), "frayed, in the mean; reach 0.0025");
            report.Figure($"edges_frayed_most_{side}", found.Max(pair => pair.Clean.Frayed), "at worst; reach 0.015");
            report.Figure($"edges_worse_{side}", found.Count(pair => pair.Clean.Sad > 1.02 * pair.Raw.Sad || pair.Clean.Gradient > 1.02 * pair.Raw.Gradient), "pictures that are worse by over 2 % in SAD or gradient; reach 0");
            report.Figure($"edges_bytes_{side}", Mean(e => e.Bytes), "bytes of the PNG; reach 1");
        }
        return Task.CompletedTask;
    }

    private static Picture Compose(string kind, (string Name, int Red, int Green, int Blue) coat, string behind, int side)
    {
        var (colours, background, alpha) = (Lit(coat.Red, coat.Green, coat.Blue, side), Blurred(behind, side), EdgeSubject.Alpha(kind, side));
        var pixels = new byte[3 * side * side];
        for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)Math.Round(alpha[i / 3] * colours[i] + (1 - alpha[i / 3]) * background[i]);
        using var image = Image.NewFromMemory(pixels, side, side, 3, Enums.BandFormat.Uchar);
        return new($"{coat.Name} {kind} before {behind}", side, image.PngsaveBuffer(compression: 1), colours, alpha);
    }

    /// <summary>One colour, lit from the upper left, with grain.</summary>
    private static byte[] Lit(int red, int green, int blue, int side)
    {
        var (pixels, random) = (new byte[3 * side * side], new Random(red));
        for (var i = 0; i < side * side; i++)
        {
            var (x, y) = (i % side / (double)side, i / side / (double)side);
            var light = 1.3 - Math.Sqrt(Math.Pow(x - 0.35, 2) + Math.Pow(y - 0.3, 2)) + (random.NextDouble() - 0.5) * 0.06;
            (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = (Byte(red * light), Byte(green * light), Byte(blue * light));
        }
        return pixels;

        static byte Byte(double value) => (byte)Math.Clamp(value, 0, 255);
    }

    private static byte[] Blurred(string photo, int side)
    {
        using var image = Image.ThumbnailBuffer(Photos.Read(photo), side, height: side, size: Enums.Size.Force);
        using var rgb = image.ExtractBand(0, n: 3);
        using var blurred = rgb.Gaussblur(side / 120.0);
        return blurred.Cast(Enums.BandFormat.Uchar).WriteToMemory<byte>();
    }

    private static Mask MaskOf(OnnxSession session, byte[] photo)
    {
        var (spec, buffers, input) = (session.Spec, new RunBuffers(session.Spec, 1), new byte[session.InputBytes]);
        InputImage.Decode(photo, ImageHeader.Read(photo, new()), spec.InputWidth, spec.InputHeight, input);
        Normalization.ToInput(input, spec, buffers.InputOf(0));
        session.Run(buffers, 1);
        return new(spec.InputWidth, spec.InputHeight, Normalization.ToMask(buffers.OutputOf(0), spec.Activation));
    }

    private static (byte[] Pixels, int Bytes) Draw(Picture picture, Mask mask, EdgeMode edges)
    {
        using var png = new MemoryStream();
        var pipe = PipeWriter.Create(png, new(leaveOpen: true));
        CutoutEncoder.Plan(ImageHeader.Read(picture.File, new()), mask, new() { Edges = edges }).Write(picture.File, pipe, CancellationToken.None);
        pipe.Complete();
        using var image = Image.NewFromBuffer(png.ToArray());
        return (image.WriteToMemory<byte>(), (int)png.Length);
    }

    private static Errors Measure(Picture picture, (byte[] Pixels, int Bytes) cutout, (byte[] Pixels, int Bytes) raw)
    {
        var (side, truth, pixels) = (picture.Side, picture.Alpha, cutout.Pixels);
        var (sad, band, gradient, halo, inBand, frayed) = (0.0, 0.0, 0.0, 0.0, 0, 0);
        for (var y = 1; y < side - 1; y++)
            for (var x = 1; x < side - 1; x++)
            {
                var at = y * side + x;
                var error = Math.Abs(Alpha(at) - truth[at]);
                sad += error;
                gradient += Math.Pow(Slope(Alpha) - Slope(i => truth[i]), 2);
                if (truth[at] is <= 0.02f or >= 0.98f) continue;
                inBand++;
                band += error;
                if (error > Math.Abs(raw.Pixels[4 * at + 3] / 255.0 - truth[at]) + 0.15) frayed++;
                for (var channel = 0; channel < 3; channel++)
                    foreach (var behind in (ReadOnlySpan<int>)[255, 0, channel == 1 ? 255 : 0])
                        halo += Math.Abs(Over(Alpha(at), pixels[4 * at + channel], behind) - Over(truth[at], picture.Subject[3 * at + channel], behind)) / 9;

                double Slope(Func<int, double> of) => Math.Sqrt(Math.Pow(of(at + 1) - of(at - 1), 2) + Math.Pow(of(at + side) - of(at - side), 2)) / 2;
            }
        return new(sad, band, gradient, halo / inBand, (double)frayed / inBand, cutout.Bytes);

        double Alpha(int at) => pixels[4 * at + 3] / 255.0;
        double Over(double alpha, int colour, int behind) => alpha * colour + (1 - alpha) * behind;
    }

    private static double Iou(float[] truth, byte[] pixels) =>
        truth.Select((alpha, i) => Math.Min(alpha, pixels[4 * i + 3] / 255.0)).Sum() / truth.Select((alpha, i) => Math.Max(alpha, pixels[4 * i + 3] / 255.0)).Sum();
}
