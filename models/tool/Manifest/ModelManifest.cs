using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rembg.Models.Manifest;

/// <summary><c>manifest.json</c>: every model that can be prepared.</summary>
public sealed record ModelManifest
{
    /// <summary>What is prepared when no name is given.</summary>
    public required string Default { get; init; }
    public required IReadOnlyList<ModelEntry> Models { get; init; }

    /// <exception cref="ModelException">The file is missing or is no manifest.</exception>
    public static ModelManifest Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), ManifestJson.Default.ModelManifest)
                ?? throw new ModelException($"{path} is empty.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelException($"{path} is missing: name the directory that holds manifest.json with --models DIR.");
        }
        catch (JsonException e)
        {
            throw new ModelException($"{path} cannot be read: {e.Message}");
        }
    }

    /// <summary>The entry of that name, or the entry of the variant of that name with the variant's name and size.</summary>
    /// <exception cref="ModelException">There is none.</exception>
    public (ModelEntry Origin, ModelEntry Model) Find(string name)
    {
        foreach (var entry in Models)
        {
            if (entry.Name == name) return (entry, entry);
            if (entry.Variants.FirstOrDefault(variant => variant.Name == name) is { } variant)
                return (entry, entry with { Name = name, InputWidth = variant.InputWidth, InputHeight = variant.InputHeight });
        }
        throw new ModelException($"There is no model '{name}'. There are: {string.Join(", ", Models.SelectMany(m => m.Variants.Select(v => v.Name).Prepend(m.Name)))}.");
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UseStringEnumConverter = true, ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ModelManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext;
