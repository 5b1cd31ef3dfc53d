using Rembg.Contract.Models;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Models;

/// <summary>A folder of prepared models that goes away with the test.</summary>
public sealed class TinyModelFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rembg-models-").FullName;

    public ModelSpec Add(string name = "tiny", int size = 64, bool mixesBatch = false) => TinyModel.WriteTo(Path, name, size, mixesBatch);

    /// <summary>As the int8 form of a model; what it computes is the same.</summary>
    public void AddInt8(string name = "tiny") =>
        (TinyModel.WriteTo(Path, $"{name}.int8") with { Name = name, PreparedFrom = $"{name}.onnx" }).Write(System.IO.Path.Combine(Path, $"{name}.int8.json"));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
