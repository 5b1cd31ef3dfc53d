using System.IO.Pipelines;
using NetVips;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Models;
using Rembg.Inference.Imaging;
using Rembg.Inference.Models;
using Rembg.Models.Quantize;
using Rembg.Testing;
using Mask = Rembg.Inference.Imaging.Mask;

namespace Rembg.Bench;

/// <summary>
/// How good the masks of full precision, int8 and the 512 variant are: against the reference masks of the test photographs, and
/// against the true alpha of composites, whose subjects are those photographs' under their reference masks.
/// </summary>
internal static class QualityScenario
{
    private const string Model = "isnet-general-use", Small = "isnet-general-use-512";
    private static readonly (string Name, Func<OnnxSession> Open)[] Candidates =
    [
        ("full", () => Sessions.Open(Model, Precision.Full)),
        ("int8", () => Sessions.Open(Model, Precision.Int8)),
        ("512", () => Sessions.Open(Small, Precision.Full)),
    ];

    /// <summary>A photograph and its alpha, 8-bit grey, both as PNG or JPEG.</summary>
    private sealed record Sample(string Name, byte[] Photo, byte[] Alpha);

    public static Task RunAsync(Report report)
    {
        var photos = Photos.Names.Select(name => new Sample(name, Photos.Read(name), Photos.ReferenceMask(name))).ToList();
        var composites = photos.SelectMany(subject => photos.Where(other => other != subject).Select(other => Compose(subject, other))).ToList();
        report.Line($"{Model} in full precision and int8, and {Small}.");
        Compare(report, "reference", "the reference masks of the test photographs", photos);
        Compare(report, "composites", "the true alpha of composites: the subject of one photograph before another, blurred", composites);
        return Task.CompletedTask;
    }

    private static void Compare(Report report, string figure, string against, IReadOnlyList<Sample> samples)
    {
        report.Line();
        report.Line($"IoU and mean absolute error against {against}:");
        report.Line();
        report.Row(["photograph", .. Candidates.SelectMany(candidate => new[] { $"{candidate.Name}: IoU", "MAE" })]);
        report.Row(["---", .. Candidates.SelectMany(_ => new[] { "---:", "---:" })]);
        var agreements = Candidates.Select(candidate =>
        {
            using var session = candidate.Open();
            return samples.Select(sample => MaskAgreement.Of(Grey(AlphaOf(session, sample.Photo)), Grey(sample.Alpha))).ToArray();
        }).ToArray();
        for (var i = 0; i < samples.Count; i++) Row(samples[i].Name, column => agreements[column][i]);
        Row("**mean**", column => new(agreements[column].Average(a => a.Iou), agreements[column].Average(a => a.Mae)));
        report.Line();
        for (var column = 0; column < Candidates.Length; column++)
        {
            report.Figure($"quality_{figure}_iou_{Candidates[column].Name}", agreements[column].Average(a => a.Iou), "mean IoU");
            report.Figure($"quality_{figure}_iou_least_{Candidates[column].Name}", agreements[column].Min(a => a.Iou), "least IoU");
        }

        void Row(string name, Func<int, MaskAgreement> of) => report.Row(
            [name, .. Enumerable.Range(0, Candidates.Length).SelectMany(column => new[] { FormattableString.Invariant($"{of(column).Iou:F4}"), FormattableString.Invariant($"{of(column).Mae:F4}") })]);
    }

    /// <summary>The alpha that a client would get, as PNG.</summary>
    private static byte[] AlphaOf(OnnxSession session, byte[] photo)
    {
        var (spec, buffers, input, header) = (session.Spec, new RunBuffers(session.Spec, 1), new byte[session.InputBytes], ImageHeader.Read(photo, new()));
        InputImage.Decode(photo, header, spec.InputWidth, spec.InputHeight, input);
        Normalization.ToInput(input, spec, buffers.InputOf(0));
        session.Run(buffers, 1);
        var mask = new Mask(spec.InputWidth, spec.InputHeight, Normalization.ToMask(buffers.OutputOf(0), spec.Activation));
        using var png = new MemoryStream();
        var pipe = PipeWriter.Create(png);
        CutoutEncoder.Plan(header, mask, new CutoutOptions { Channels = OutputChannels.Alpha, Edges = EdgeMode.Raw }).Write(photo, pipe, CancellationToken.None);
        pipe.Complete();
        return png.ToArray();
    }

    private static byte[] Grey(byte[] png)
    {
        using var image = Image.NewFromBuffer(png);
        using var band = image[0];
        return band.WriteToMemory<byte>();
    }

    /// <summary>Before another photograph, out of focus: true alpha by construction.</summary>
    private static Sample Compose(Sample subject, Sample background)
    {
        using var photo = Image.NewFromBuffer(subject.Photo);
        using var alpha = Image.NewFromBuffer(subject.Alpha);
        using var behind = Image.ThumbnailBuffer(background.Photo, photo.Width, height: photo.Height, size: Enums.Size.Force);
        using var blurred = behind.Gaussblur(12);
        using var opacity = alpha[0] / 255.0;
        using var composite = photo.ExtractBand(0, n: 3) * opacity + blurred.ExtractBand(0, n: 3) * (1 - opacity);
        return new($"{subject.Name} before {background.Name}", composite.Cast(Enums.BandFormat.Uchar).PngsaveBuffer(), subject.Alpha);
    }
}
