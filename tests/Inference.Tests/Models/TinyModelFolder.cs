using Rembg.Contract.Models;
using Rembg.Testing;

namespace Rembg.Inference.Tests.Models;

/// <summary>A folder of prepared models that goes away with the test.</summary>
public sealed class TinyModelFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rembg-models-").FullName;

    public ModelSpec Add(string name = "tiny", int size = 64, bool mixesBatch = false) => TinyModel.WriteTo(Path, name, size, mixesBatch);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
