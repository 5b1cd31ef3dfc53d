using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Rembg.Contract;
using Rembg.Contract.Models;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Pods;

/// <summary>The models that the pods have loaded, as last heard. Kept when no pod answers: cached answers need no pod.</summary>
internal sealed class ModelCatalog
{
    private volatile Snapshot? _current;

    public bool IsEmpty => _current is null;

    /// <summary>All of them; 503 while no pod has answered yet.</summary>
    public ModelList List() => Current.List;

    /// <summary>The model that a request names, or the default one. Not known: 400; no pod has answered yet: 503.</summary>
    public NamedModel Find(string? name)
    {
        var current = Current;
        return current.ByName.TryGetValue(name ?? current.List.Default, out var model)
            ? model
            : throw Problem.InvalidParameter("model", "is not a loaded model; GET /v1/models lists them").AsException();
    }

    public bool Has(string name) => Current.ByName.ContainsKey(name);

    /// <summary>The same without a problem: false for one that no pod has now.</summary>
    public bool TryFind(string? name, [NotNullWhen(true)] out NamedModel? model)
    {
        model = null;
        return _current is { } current && current.ByName.TryGetValue(name ?? current.List.Default, out model);
    }

    /// <summary>Takes in what the pods said; an empty list changes nothing.</summary>
    internal void Update(IReadOnlyList<ModelList> pods)
    {
        pods = [.. pods.Where(pod => pod.Models.Any(model => model.IsLoaded))]; // the others only draw
        if (pods.Count == 0) return;
        var versions = pods
            .SelectMany(pod => pod.Models)
            .GroupBy(model => model.Name)
            .ToFrozenDictionary(group => group.Key, group => new NamedModel(group.Key, Versions(group, model => model.Version), Versions(group, model => model.MaskVersion)));
        var models = pods.SelectMany(pod => pod.Models).DistinctBy(model => model.Name).OrderBy(model => model.Name, StringComparer.Ordinal).ToArray();
        _current = new(new ModelList(pods[0].Pipeline, pods[0].Default, models), versions);
    }

    private static string[] Versions(IEnumerable<ModelInfo> models, Func<ModelInfo, string?> version) => [.. models.Select(version).OfType<string>().Distinct()];

    private Snapshot Current => _current ?? throw Problem.Overloaded("No inference pod is available.").AsException();

    private sealed record Snapshot(ModelList List, FrozenDictionary<string, NamedModel> ByName);
}

/// <param name="Name">What a request's <c>model</c> names.</param>
/// <param name="Versions">All that pods have now (<see cref="PodHeaders.Version"/>): several while a new one is rolled out, none of pods that do not say theirs.</param>
/// <param name="MaskVersions">Likewise of their masks (<see cref="ModelInfo.MaskVersion"/>).</param>
internal sealed record NamedModel(string Name, IReadOnlyList<string> Versions, IReadOnlyList<string> MaskVersions);
