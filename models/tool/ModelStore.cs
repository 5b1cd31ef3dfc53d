using Rembg.Models.Fetch;
using Rembg.Models.Manifest;
using Rembg.Models.Prepare;
using Rembg.Models.Quantize;

namespace Rembg.Models;

/// <summary>
/// A directory with <c>manifest.json</c>, <c>ranges/</c> (what quantising needs), <c>cache/</c> (published files) and
/// <c>prepared/</c> (what the engine loads).
/// </summary>
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
        if (!IsFullPrepared(published, model))
        {
            var file = await _fetcher.FetchAsync(published, cancellationToken);
            ModelPreparer.Prepare(file.Path, model, file.Identity, _prepared);
        }
        var precisions = Int8(name).Prepare() ? "in full precision and int8" : "in full precision; there are no ranges of it for int8";
        progress.Say($"{name} is ready: prepared in {_prepared}, {precisions}.");
    }

    /// <summary>Measures the ranges that int8 needs on photographs of the user's, verifies the outcome on others, and prepares it.</summary>
    /// <param name="name">A model of the manifest.</param>
    /// <param name="photos">Folder of photographs.</param>
    /// <param name="verification">Folder of others; null keeps some of <paramref name="photos"/> for it.</param>
    /// <param name="cancellationToken">Leaves everything as it was.</param>
    /// <exception cref="ModelException">The outcome is not good enough, or there are too few photographs.</exception>
    public async Task CalibrateAsync(string name, string photos, string? verification, CancellationToken cancellationToken)
    {
        var (published, model) = _manifest.Find(name);
        if (!IsFullPrepared(published, model)) await PrepareAsync(name, cancellationToken);
        var full = new PreparedFile(_prepared, name);
        var ranges = new Calibration(full, full.Read()!, progress).Run(photos, verification, cancellationToken);
        Directory.CreateDirectory(Path.GetDirectoryName(RangesOf(name))!);
        ranges.Write(RangesOf(name));
        progress.Say($"{name}: {ranges.Verification.Summary}. Ranges are in {RangesOf(name)}.");
        await PrepareAsync(name, cancellationToken);
    }

    private bool IsPrepared(ModelEntry published, ModelEntry model) => IsFullPrepared(published, model) && Int8(model.Name).IsPrepared();

    private bool IsFullPrepared(ModelEntry published, ModelEntry model) =>
        published.Sources.Any(source => ModelPreparer.IsPrepared(model, source.Identity(directory), _prepared));

    private Int8Model Int8(string name) => new(name, _prepared, RangesOf(name));

    private string RangesOf(string name) => Path.Combine(directory, "ranges", $"{name}.json");

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
