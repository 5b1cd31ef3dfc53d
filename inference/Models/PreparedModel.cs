using Rembg.Contract.Models;

namespace Rembg.Inference.Models;

/// <summary>One file of a prepared model.</summary>
/// <param name="Path">Of the ONNX file.</param>
/// <param name="Spec">What it takes and gives.</param>
/// <param name="Precision">Int8 or Full.</param>
/// <param name="Reason">Why this one runs.</param>
internal sealed record ModelFile(string Path, ModelSpec Spec, Precision Precision, string Reason);

/// <summary>A model as preparing left it, <c>NAME.onnx</c> and perhaps <c>NAME.int8.onnx</c>, and which of them runs.</summary>
internal sealed class PreparedModel
{
    private readonly ModelFile _onCpu;
    private readonly ModelFile _onGpu;

    /// <exception cref="ModelException">There is no such model, or no int8 form of it although that is asked for.</exception>
    public PreparedModel(string name, ModelOptions options, DotProducts processor)
    {
        var full = Read(name, options.Directory) ?? throw new ModelException(
            $"There is no prepared model {name} in {Path.GetFullPath(options.Directory)}. Prepare it: dotnet run --project models/tool -- {name}");
        var int8 = Read($"{name}.int8", options.Directory);
        _onGpu = Full("a GPU runs it");
        _onCpu = (options.Precision, int8, processor.Name) switch
        {
            (Precision.Full, _, _) => Full("Models:Precision is Full"),
            (Precision.Int8, null, _) => throw new ModelException(
                $"Models:Precision is Int8, but {Path.GetFullPath(options.Directory)} holds no {name}.int8.onnx. Set it to Auto or Full, or calibrate the model: models/README.md says how."),
            (Precision.Int8, var file, _) => Int8(file.Value, "Models:Precision is Int8"),
            (_, null, _) => Full($"there is no {name}.int8.onnx"),
            (_, _, null) => Full("this processor has no 8-bit dot products"),
            (_, var file, var instructions) => Int8(file.Value, $"this processor has {instructions}"),
        };

        ModelFile Full(string reason) => new(full.Path, full.Spec, Precision.Full, reason);
        static ModelFile Int8((string Path, ModelSpec Spec) file, string reason) => new(file.Path, file.Spec, Precision.Int8, reason);
    }

    public ModelFile On(Provider provider) => provider == Provider.Cpu ? _onCpu : _onGpu;

    private static (string Path, ModelSpec Spec)? Read(string stem, string directory)
    {
        var path = Path.Combine(directory, $"{stem}.onnx");
        var description = Path.ChangeExtension(path, ".json");
        return File.Exists(path) && File.Exists(description) ? (path, ModelSpec.Read(description)) : null;
    }
}
