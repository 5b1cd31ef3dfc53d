using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Rembg.Contract.Models;
using Rembg.Models.Onnx;

namespace Rembg.Models.Prepare;

/// <summary>A file that the engine loads, <c>STEM.onnx</c>, and its description <c>STEM.json</c>.</summary>
/// <param name="directory">Where both lie.</param>
/// <param name="stem">The model's name, or <c>NAME.int8</c>.</param>
public sealed class PreparedFile(string directory, string stem)
{
    private readonly string _description = System.IO.Path.Combine(directory, $"{stem}.json");

    public string Path { get; } = System.IO.Path.Combine(directory, $"{stem}.onnx");

    /// <summary>The description; null where there is none, no file beside it, or one of another version of this program.</summary>
    public ModelSpec? Read()
    {
        if (!File.Exists(_description) || !File.Exists(Path)) return null;
        try
        {
            return ModelSpec.Read(_description);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            return null;
        }
    }

    public ModelProto ReadModel()
    {
        using var file = File.OpenRead(Path);
        return ModelProto.Parser.ParseFrom(file);
    }

    /// <summary>Writes the file, then the description; whoever finds the description finds the whole file.</summary>
    /// <param name="model">The graph.</param>
    /// <param name="spec">What to say of it; its digest is set here.</param>
    public void Write(ModelProto model, ModelSpec spec)
    {
        Directory.CreateDirectory(directory);
        File.Delete(_description); // it describes the file of before
        WriteModel(model);
        (spec with { Sha256 = Digest(model) }).Write($"{_description}.part");
        File.Move($"{_description}.part", _description, overwrite: true);
    }

    public void Delete()
    {
        File.Delete(_description);
        File.Delete(Path);
    }

    /// <summary>SHA-256 of the file that <see cref="Write"/> makes of a graph, lower-case hex.</summary>
    public static string Digest(ModelProto model)
    {
        using var hash = SHA256.Create();
        using (var hashed = new CryptoStream(Stream.Null, hash, CryptoStreamMode.Write)) model.WriteTo(hashed);
        return Convert.ToHexStringLower(hash.Hash!);
    }

    private void WriteModel(ModelProto model)
    {
        var part = $"{Path}.part";
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            model.WriteTo(file);
            file.Flush(flushToDisk: true);
        }
        File.Move(part, Path, overwrite: true);
    }
}
