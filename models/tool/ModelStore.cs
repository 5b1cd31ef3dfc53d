using Rembg.Models.Fetch;
using Rembg.Models.Manifest;
using Rembg.Models.Prepare;

namespace Rembg.Models;

/// <summary>A directory with <c>manifest.json</c>, <c>cache/</c> (published files) and <c>prepared/</c> (what the engine loads).</summary>
public sealed class ModelStore(string directory, Progress progress, TimeProvider time)
{
    private readonly ModelManifest _manifest = ModelManifest.Read(Path.Combine(directory, "manifest.json"));
    private readonly ModelFetcher _fetcher = new(directory, progress, time);
    private readonly string _prepared = Path.Combine(directory, "prepared");

    public string Default => _manifest.Default;

    /// <summary>Makes sure that <c>prepared/</c> holds the model as the manifest declares it now.</summary>
    /// <exception cref="ModelException">It cannot; says why and what to do.</exception>
    public async Task PrepareAsync(string name, CancellationToken cancellationToken)
    {
        var (published, model) = _manifest.Find(name);
        if (IsPrepared(published, model))
        {
            progress.Say($"{name} is ready.");
            return;
        }

        // Two of these at once (say, run.sh beside test.sh) must not write the same temporary files: the second waits, then finds it done.
        using var turn = await WaitForTurnAsync(cancellationToken);
        if (IsPrepared(published, model)) return;
        var file = await _fetcher.FetchAsync(published, cancellationToken);
        ModelPreparer.Prepare(file.Path, model, file.Identity, _prepared);
        progress.Say($"{name} is ready: prepared in {_prepared}.");
    }

    private bool IsPrepared(ModelEntry published, ModelEntry model) =>
        published.Sources.Any(source => ModelPreparer.IsPrepared(model, source.Identity(directory), _prepared));

    private async Task<FileStream> WaitForTurnAsync(CancellationToken cancellationToken)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(directory, "cache")).FullName, ".lock");
        for (var waited = false; ; waited = true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                if (!waited) progress.Say($"Another process prepares models in {directory}; waiting for it.");
                await Task.Delay(TimeSpan.FromMilliseconds(250), time, cancellationToken);
            }
        }
    }
}
