using Rembg.Contract.Models;
using Rembg.Models.Fetch;
using Rembg.Models.Onnx;
using Rembg.Models.Prepare;

namespace Rembg.Models.Quantize;

/// <summary>
/// Finds the ranges of a model's activations by running it on photographs, and verifies the int8 file that they give on
/// others. A CPU without 8-bit dot products verifies something else: there ONNX Runtime's sums of two products saturate.
/// </summary>
public sealed class Calibration(PreparedFile full, ModelSpec spec, Progress progress)
{
    /// <summary>
    /// Which of the photographs' extremes become the range. The largest ones are outliers, whose room all other values pay for with
    /// coarser steps: masks then have an IoU of 0.64 instead of 0.99 (issue 21).
    /// </summary>
    private const double Quantile = 0.3;

    /// <param name="photos">Folder of the photographs to measure.</param>
    /// <param name="verification">Folder of those to verify on; null keeps every fifth of <paramref name="photos"/> for it.</param>
    /// <exception cref="ModelException">There are too few photographs, or the int8 file is not good enough.</exception>
    public ActivationRanges Run(string photos, string? verification, CancellationToken cancellationToken)
    {
        var all = CalibrationPhoto.In(photos);
        CalibrationPhoto[] measured = verification is null ? [.. all.Where((_, i) => i % 5 != 4)] : [.. all];
        CalibrationPhoto[] others = verification is null ? [.. all.Where((_, i) => i % 5 == 4)] : [.. CalibrationPhoto.In(verification)];
        if (measured.Length == 0 || others.Length == 0)
            throw new ModelException($"{photos} holds {all.Count} photographs: too few to calibrate with some and verify on others. Thirty of many kinds are a good start.");
        if (others.FirstOrDefault(photo => measured.Any(other => other.Sha256 == photo.Sha256)) is { } both)
            throw new ModelException($"{both.File} is among the photographs that calibrate and cannot verify as well.");

        var ranges = Measure(photos, measured, cancellationToken);
        var int8 = Int8Model.Build(full.ReadModel(), ranges);
        return new()
        {
            MeasuredOn = spec.Sha256,
            Photos = measured,
            Verification = Verify(int8, verification ?? photos, others, cancellationToken),
            Ranges = ranges,
        };
    }

    private Dictionary<string, ActivationRange> Measure(string folder, CalibrationPhoto[] photos, CancellationToken cancellationToken)
    {
        var model = full.ReadModel();
        SinglePrecision.Apply(model.Graph);
        string[] names = [.. QuantizationPlan.Of(model.Graph).Ranges];
        model.Graph.Output.Clear();
        foreach (var name in names)
        {
            AddExtreme(model.Graph, "ReduceMin", name);
            AddExtreme(model.Graph, "ReduceMax", name);
        }
        using var session = new PhotoSession(model, spec);
        var extremes = new List<float[][]>();
        foreach (var photo in photos)
        {
            cancellationToken.ThrowIfCancellationRequested();
            extremes.Add(session.Run(photo.Decode(folder, spec.InputWidth, spec.InputHeight)));
            progress.Say($"Measured {extremes.Count} of {photos.Length}: {photo.File}");
        }
        return names.Select((name, i) => (name, Range: new ActivationRange(-Reached(i * 2, -1), Reached(i * 2 + 1, 1)))).ToDictionary(pair => pair.name, pair => pair.Range, StringComparer.Ordinal);

        float Reached(int output, int sign) => AtQuantile([.. extremes.Select(values => sign * values[output][0]).Order()]);
    }

    /// <summary>A number instead of the whole tensor: 175 of those would take gigabytes.</summary>
    private static void AddExtreme(GraphProto graph, string operation, string name)
    {
        var output = $"{name}.{operation}";
        graph.Node.Add(new NodeProto { OpType = operation, Name = output, Input = { name }, Output = { output }, Attribute = { new AttributeProto { Name = "keepdims", Type = AttributeProto.Types.Kind.Int, I = 0 } } });
        graph.Output.Add(new ValueInfoProto { Name = output, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)TensorProto.Types.DataType.Float } } });
    }

    /// <summary>Between the two nearest of the sorted values.</summary>
    private static float AtQuantile(float[] sorted)
    {
        var place = Quantile * (sorted.Length - 1);
        var below = (int)place;
        var part = (float)(place - below);
        return sorted[below] + (sorted[Math.Min(below + 1, sorted.Length - 1)] - sorted[below]) * part;
    }

    private Verification Verify(ModelProto int8, string folder, CalibrationPhoto[] photos, CancellationToken cancellationToken)
    {
        using var fullSession = new PhotoSession(full.ReadModel(), spec);
        using var int8Session = new PhotoSession(int8, spec);
        var verified = new List<VerifiedPhoto>();
        foreach (var photo in photos)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var rgb = photo.Decode(folder, spec.InputWidth, spec.InputHeight);
            var agreement = MaskAgreement.Of(fullSession.Mask(rgb), int8Session.Mask(rgb));
            verified.Add(new(photo.File, photo.Sha256, Verification.Round(agreement.Iou), Verification.Round(agreement.Mae)));
            progress.Say(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"Verified {verified.Count} of {photos.Length}: {photo.File}, IoU {agreement.Iou:F4}, MAE {agreement.Mae:F4}"));
        }
        var verification = Verification.Of(PreparedFile.Digest(int8), verified);
        verification.Demand();
        return verification;
    }
}
