using System.Security.Cryptography;
using System.Text.Json;
using Rembg.Models.Fetch;

namespace Rembg.Models.Tests;

/// <summary>A models/ of its own for one test, whose manifest declares one model, <c>small</c>, from the sources that the test names.</summary>
internal sealed class ModelsDirectory : IDisposable
{
    private readonly StringWriter _log = new();

    public ModelsDirectory(params object[] sources)
    {
        Root = Directory.CreateTempSubdirectory("models").FullName;
        Declare(sources);
    }

    public string Root { get; }
    public string Cached => Path.Combine(Root, "cache", "small.onnx");
    public string Prepared => Path.Combine(Root, "prepared", "small.onnx");
    public string Int8 => Path.Combine(Root, "prepared", "small.int8.onnx");
    public string Ranges => Path.Combine(Root, "ranges", "small.json");
    public string Description => Path.ChangeExtension(Prepared, "json");

    /// <summary>What the user has read.</summary>
    public string Log => _log.ToString();

    public static string Sha256(byte[] bytes) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(bytes))}";

    public void Declare(params object[] sources) => Write(new
    {
        @default = "small",
        models = new[]
        {
            new
            {
                name = "small", license = "MIT", origin = "these tests", sources, inputWidth = PublishedModel.Size, inputHeight = PublishedModel.Size,
                mean = new[] { 0.5, 0.5, 0.5 }, std = new[] { 1, 1, 1 },
                variants = new[] { new { name = "small-32", inputWidth = 32, inputHeight = 32 } },
            },
        },
    });

    public Task PrepareAsync(string name = "small", CancellationToken cancellationToken = default) =>
        new ModelStore(Root, new Progress(_log, terminal: false, TimeProvider.System), TimeProvider.System).PrepareAsync(name, cancellationToken);

    /// <param name="photos">Folder of photographs.</param>
    /// <param name="verification">Folder of others.</param>
    public Task CalibrateAsync(string photos, string? verification = null) =>
        new ModelStore(Root, new Progress(_log, terminal: false, TimeProvider.System), TimeProvider.System).CalibrateAsync("small", photos, verification, CancellationToken.None);

    public string[] Cache() => [.. Directory.EnumerateFileSystemEntries(Path.Combine(Root, "cache")).Select(path => Path.GetFileName(path)!).Where(name => name != ".lock")];

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private void Write(object manifest) => File.WriteAllText(Path.Combine(Root, "manifest.json"), JsonSerializer.Serialize(manifest));
}
