using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Rembg.Contract.Models;
using Rembg.Models.Manifest;
using Rembg.Models.Onnx;

namespace Rembg.Models.Prepare;

/// <summary>Turns a published ONNX file into the one that the engine wants, and describes it.</summary>
public static class ModelPreparer
{
    /// <summary>Part of <see cref="ModelSpec.PreparedFrom"/>: raise it when the steps below change, so that files of older steps are made anew.</summary>
    private const int Version = 2;

    /// <summary>Whether <paramref name="directory"/> holds this model, made of that file by these steps.</summary>
    public static bool IsPrepared(ModelEntry entry, string identity, string directory)
    {
        var description = Path.Combine(directory, $"{entry.Name}.json");
        if (!File.Exists(description) || !File.Exists(Path.Combine(directory, $"{entry.Name}.onnx"))) return false;
        try
        {
            var found = ModelSpec.Read(description);
            return Json(found) == Json(Describe(entry, found.InputName, found.Sha256, identity));
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            return false; // written by another version of this program
        }

        static string Json(ModelSpec spec) => JsonSerializer.Serialize(spec, ModelSpecJson.Default.ModelSpec);
    }

    /// <summary>Writes <c>NAME.onnx</c>, then <c>NAME.json</c>; whoever finds the description finds the whole file.</summary>
    /// <exception cref="ModelException">The file is not a model that can be prepared.</exception>
    public static void Prepare(string source, ModelEntry entry, string identity, string directory)
    {
        var model = Read(source);
        Apply(model.Graph, entry.InputWidth, entry.InputHeight);

        var description = Path.Combine(directory, $"{entry.Name}.json");
        Directory.CreateDirectory(directory);
        File.Delete(description); // it describes the file of before
        var digest = Write(model, Path.Combine(directory, $"{entry.Name}.onnx"));
        Describe(entry, model.Graph.ImageInput().Name, digest, identity).Write($"{description}.part");
        File.Move($"{description}.part", description, overwrite: true);
    }

    /// <summary>The steps, in place.</summary>
    public static void Apply(GraphProto graph, int width, int height)
    {
        MaskOutput.Keep(graph);
        InputSize.Apply(graph, width, height);
        SymbolicBatch.Apply(graph);
    }

    private static ModelProto Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            var model = ModelProto.Parser.ParseFrom(file);
            return model.Graph is { Output.Count: > 0 } ? model : throw new ModelException($"{path} is not an ONNX model: it has no graph.");
        }
        catch (InvalidProtocolBufferException)
        {
            throw new ModelException($"{path} is not an ONNX model.");
        }
    }

    private static string Write(ModelProto model, string path)
    {
        var part = $"{path}.part";
        using var hash = SHA256.Create();
        using (var file = new FileStream(part, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true)) model.WriteTo(hashed);
            file.Flush(flushToDisk: true);
        }
        File.Move(part, path, overwrite: true);
        return Convert.ToHexStringLower(hash.Hash!);
    }

    private static ModelSpec Describe(ModelEntry entry, string inputName, string digest, string identity) => new()
    {
        Name = entry.Name,
        Sha256 = digest,
        InputName = inputName,
        InputWidth = entry.InputWidth,
        InputHeight = entry.InputHeight,
        Mean = entry.Mean,
        Std = entry.Std,
        Activation = entry.Activation,
        License = entry.License,
        PreparedFrom = $"{identity}, steps {Version}",
    };
}
