using System.IO.Compression;
using System.Text.Json;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks.Batches;

/// <summary>The pictures of a batch as one ZIP, written while it is read: one picture is in memory at a time. Pictures do not shrink, so they are stored as they are.</summary>
internal sealed class BatchArchive(ITaskQueue queue)
{
    /// <summary>What is no picture, and why.</summary>
    private const string Errors = "errors.json";

    public async Task WriteAsync(Batch batch, Stream target, CancellationToken cancelled)
    {
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase) { Errors };
        List<BatchImage> errors = [];
        await using var archive = await ZipArchive.CreateAsync(target, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancelled);
        foreach (var image in batch.Images)
        {
            if (await WriteAsync(image, archive, names, cancelled) is { } error) errors.Add(image with { Error = error });
        }
        if (errors.Count == 0) return;
        await using var entry = await archive.CreateEntry(Errors).OpenAsync(cancelled);
        await JsonSerializer.SerializeAsync(entry, errors, BatchJson.Default.IReadOnlyListBatchImage, cancelled);
    }

    /// <summary>Null when the picture has been written.</summary>
    private async Task<TaskError?> WriteAsync(BatchImage image, ZipArchive archive, HashSet<string> names, CancellationToken cancelled)
    {
        if (image.Id is null) return image.Error;
        var task = await queue.FindAsync(image.Id);
        if (task?.Error is { } error) return TaskError.Of(error);
        using var open = task?.Result is null ? null : await queue.OpenResultAsync(task);
        if (open is null) return TaskError.Of(Problem.ResultExpired());
        await using var entry = await archive.CreateEntry(NewName(image, open.Cutout.ContentType, names), CompressionLevel.NoCompression).OpenAsync(cancelled);
        foreach (var block in open.Cutout.Content.Bytes) await entry.WriteAsync(block, cancelled);
        return null;
    }

    /// <summary>The name without its ending and without folders, so that nothing is unpacked elsewhere; numbered where two have the same.</summary>
    private static string NewName(BatchImage image, string contentType, HashSet<string> names)
    {
        var ending = contentType switch { "image/png" => "png", "image/webp" => "webp", "image/jpeg" => "jpg", _ => "zip" };
        var stem = Path.GetFileNameWithoutExtension(image.Name.Replace('\\', '/')).Trim('.', ' ');
        if (stem.Length == 0) stem = FormattableString.Invariant($"{image.Index}");
        var name = $"{stem}.{ending}";
        return names.Add(name) ? name : NewName(image with { Name = FormattableString.Invariant($"{stem}-{image.Index}.x") }, contentType, names);
    }
}
