using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rembg.Models.Quantize;

/// <summary>Least and largest value that an activation is given room for.</summary>
[JsonConverter(typeof(ActivationRange.Converter))]
public readonly record struct ActivationRange(float Min, float Max)
{
    /// <summary>As <c>[min, max]</c>.</summary>
    internal sealed class Converter : JsonConverter<ActivationRange>
    {
        public override ActivationRange Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize(ref reader, RangesJson.Default.SingleArray) is [var min, var max] ? new(min, max) : throw new JsonException("a range is [min, max]");

        public override void Write(Utf8JsonWriter writer, ActivationRange value, JsonSerializerOptions options) =>
            writer.WriteRawValue(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"[{value.Min}, {value.Max}]"));
    }
}

/// <summary><c>ranges/NAME.json</c>: what a model's activations need room for, on which photographs that was measured, and how good it is.</summary>
public sealed record ActivationRanges
{
    /// <summary>SHA-256 of the prepared <c>NAME.onnx</c>, lower-case hex.</summary>
    public required string MeasuredOn { get; init; }
    public required IReadOnlyList<CalibrationPhoto> Photos { get; init; }
    public required Verification Verification { get; init; }

    /// <summary>By the name of the value in the graph.</summary>
    public required IReadOnlyDictionary<string, ActivationRange> Ranges { get; init; }

    /// <exception cref="ModelException">The file cannot be read.</exception>
    public static ActivationRanges Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RangesJson.Default.ActivationRanges) ?? throw new ModelException($"{path} is empty.");
        }
        catch (JsonException e)
        {
            throw new ModelException($"{path} cannot be read: {e.Message}");
        }
    }

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this, RangesJson.Default.ActivationRanges) + "\n");
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ActivationRanges))]
[JsonSerializable(typeof(float[]))]
internal sealed partial class RangesJson : JsonSerializerContext;
