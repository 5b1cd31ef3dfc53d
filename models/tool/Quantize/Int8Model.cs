using System.Security.Cryptography;
using Rembg.Contract.Models;
using Rembg.Models.Onnx;
using Rembg.Models.Prepare;

namespace Rembg.Models.Quantize;

/// <summary>
/// The int8 form of a prepared model, <c>NAME.int8.onnx</c>, made of <c>NAME.onnx</c> and <c>ranges/NAME.json</c>. It is kept only
/// when it is byte for byte the file that <see cref="Calibration"/> verified, so that preparing needs no photographs.
/// </summary>
/// <param name="name">The model's.</param>
/// <param name="prepared">Folder of prepared models.</param>
/// <param name="ranges">Path of the ranges; there need not be any.</param>
public sealed class Int8Model(string name, string prepared, string ranges)
{
    private readonly PreparedFile _full = new(prepared, name);
    private readonly PreparedFile _int8 = new(prepared, $"{name}.int8");

    /// <summary>Whether the file is there as it should be, or is missing as it should.</summary>
    public bool IsPrepared() => _int8.Read()?.PreparedFrom == (FittingRanges() is null ? null : PreparedFrom());

    /// <summary>Makes the file, or takes away the one of before when there are no ranges for this model.</summary>
    /// <returns>Whether there is one now.</returns>
    /// <exception cref="ModelException">It is not the one that was verified.</exception>
    public bool Prepare()
    {
        _int8.Delete();
        if (FittingRanges() is not { } fitting) return false;
        var model = Build(_full.ReadModel(), fitting.Ranges);
        if (PreparedFile.Digest(model) != fitting.Verification.Sha256)
            throw new ModelException($"{ranges} gives another int8 model than the one that was verified with it. Calibrate again: calibrate {name} --photos DIR");
        _int8.Write(model, _full.Read()! with { PreparedFrom = PreparedFrom() });
        return true;
    }

    /// <summary>In place.</summary>
    public static ModelProto Build(ModelProto full, IReadOnlyDictionary<string, ActivationRange> ranges)
    {
        SinglePrecision.Apply(full.Graph);
        QdqGraph.Apply(full.Graph, ranges);
        return full;
    }

    /// <summary>Null where there are none, or only those of another file.</summary>
    private ActivationRanges? FittingRanges() =>
        File.Exists(ranges) && ActivationRanges.Read(ranges) is var found && found.MeasuredOn == _full.Read()?.Sha256 ? found : null;

    private string PreparedFrom() => $"{_full.Read()!.PreparedFrom}, ranges {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(ranges)))}";
}
