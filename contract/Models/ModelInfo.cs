using System.Text.Json.Serialization;

namespace Rembg.Contract.Models;

/// <summary>A model as a pod has it loaded; <c>GET /v1/models</c> lists them.</summary>
/// <param name="Name">What a request's <c>model</c> names.</param>
/// <param name="Digest">SHA-256 of the prepared file, lower-case hex.</param>
/// <param name="InputWidth">Pixels a photograph is resized to before the run.</param>
/// <param name="InputHeight">Pixels a photograph is resized to before the run.</param>
/// <param name="License">SPDX expression or short name.</param>
/// <param name="Provider">ONNX Runtime execution provider that runs it: cpu, cuda or tensorrt; <see cref="NoProvider"/> in a pod that draws with masks and runs no model.</param>
/// <param name="BatchSizes">Batch sizes in use, smallest first; the largest was found by measuring at warm-up or fixed by configuration. In a pod that only draws: how many pictures at once.</param>
/// <param name="Version">Names all that shapes the bytes of an answer: pipeline, weights and preparation. Null from a pod that is older than this field.</param>
/// <param name="Precision">In which numbers it computes: int8 or full. Null from a pod that is older than this field.</param>
/// <param name="MaskVersion">Names all that shapes a mask: weights, preparation and precision. Null from a pod that gives and takes no masks.</param>
public sealed record ModelInfo(
    string Name, string Digest, int InputWidth, int InputHeight, string License, string Provider, IReadOnlyList<int> BatchSizes,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Version = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Precision = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? MaskVersion = null)
{
    public const string NoProvider = "none";

    /// <summary>Whether the pod makes masks, or only draws with them.</summary>
    [JsonIgnore]
    public bool IsLoaded => Provider != NoProvider;
}

/// <summary>Answer of a pod's <c>GET /v1/models</c>.</summary>
/// <param name="Pipeline">Version of everything but the model that shapes the bytes of an answer.</param>
/// <param name="Default">The model of a request that names none.</param>
/// <param name="Models">All that are loaded.</param>
public sealed record ModelList(string Pipeline, string Default, IReadOnlyList<ModelInfo> Models);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ModelList))]
public sealed partial class ModelJson : JsonSerializerContext;
