using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rembg.Contract.Models;

/// <summary>
/// How a model wants its input and what its output means: the part of the manifest that the running engine needs.
/// The preparing program writes it as <c>NAME.json</c> beside <c>NAME.onnx</c>.
/// </summary>
public sealed record ModelSpec
{
    public required string Name { get; init; }

    /// <summary>SHA-256 of the prepared <c>NAME.onnx</c>, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Name of the graph's input, which TensorRT's shape profiles need before there is a session.</summary>
    public required string InputName { get; init; }
    public required int InputWidth { get; init; }
    public required int InputHeight { get; init; }

    /// <summary>Per channel R, G, B, subtracted after the division by the image's own maximum.</summary>
    public required float[] Mean { get; init; }

    /// <summary>Per channel R, G, B, divided by after the subtraction.</summary>
    public required float[] Std { get; init; }
    public required MaskActivation Activation { get; init; }
    public required string License { get; init; }

    /// <summary>Which published file it was made of, and by which steps; null where nothing prepared it.</summary>
    public string? PreparedFrom { get; init; }

    /// <summary>
    /// 16 hex digits that change with the weights and with anything else that this description says: other means or another
    /// activation give other masks by the same weights.
    /// </summary>
    public string Fingerprint() => Convert.ToHexStringLower(SHA256.HashData(ToJson()).AsSpan(0, 8));

    public static ModelSpec Read(string path) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(path), ModelSpecJson.Default.ModelSpec)
        ?? throw new InvalidDataException($"{path} holds no model description.");

    public void Write(string path) => File.WriteAllBytes(path, ToJson());

    private byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, ModelSpecJson.Default.ModelSpec);
}

/// <summary>What is done to the raw output before each image's own min-max: nothing, or the logistic function (BiRefNet).</summary>
public enum MaskActivation { None, Sigmoid }

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ModelSpec))]
public sealed partial class ModelSpecJson : JsonSerializerContext;
