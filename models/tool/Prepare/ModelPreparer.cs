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
        return new PreparedFile(directory, entry.Name).Read() is { } found
            && Json(found) == Json(Describe(entry, found.InputName, identity) with { Sha256 = found.Sha256 });

        static string Json(ModelSpec spec) => JsonSerializer.Serialize(spec, ModelSpecJson.Default.ModelSpec);
    }

    /// <summary>Writes <c>NAME.onnx</c> and <c>NAME.json</c>.</summary>
    /// <exception cref="ModelException">The file is not a model that can be prepared.</exception>
    public static void Prepare(string source, ModelEntry entry, string identity, string directory)
    {
        var model = Read(source);
        Apply(model.Graph, entry.InputWidth, entry.InputHeight);
        new PreparedFile(directory, entry.Name).Write(model, Describe(entry, model.Graph.ImageInput().Name, identity));
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

    private static ModelSpec Describe(ModelEntry entry, string inputName, string identity) => new()
    {
        Name = entry.Name,
        Sha256 = "",
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
