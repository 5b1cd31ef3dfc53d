using Rembg.Contract;
using Rembg.Contract.Models;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Models;

/// <summary>The models of this pod, once they are warm.</summary>
public sealed class ModelRegistry : IAsyncDisposable
{
    private volatile IReadOnlyList<LoadedModel> _models = [];

    /// <summary>All models are loaded, and each still forms batches.</summary>
    public bool IsReady => _models is { Count: > 0 } models && models.All(model => model.Batcher?.Completion.IsCompleted != true);

    /// <exception cref="ProblemException">503: still warming up.</exception>
    public ModelList List => new(PipelineVersion.Current, Warm[0].Info.Name, [.. Warm.Select(m => m.Info)]);

    internal void Publish(IReadOnlyList<LoadedModel> models) => _models = models;

    /// <param name="name">Null for the default, the first.</param>
    /// <exception cref="ProblemException">400: no such model; 503: still warming up.</exception>
    public LoadedModel Find(string? name)
    {
        var models = Warm;
        if (name is null) return models[0];
        return models.FirstOrDefault(m => m.Info.Name == name)
            ?? throw Problem.InvalidParameter("model", "must be the name of a loaded model; GET /v1/models lists them").AsException();
    }

    private IReadOnlyList<LoadedModel> Warm =>
        _models is { Count: > 0 } models ? models : throw Problem.Overloaded("This pod is warming up.", PodHeaders.Draining).AsException();

    public async ValueTask DisposeAsync()
    {
        foreach (var model in _models) await model.DisposeAsync();
    }
}
