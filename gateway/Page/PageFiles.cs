using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Rembg.Gateway.Http;

namespace Rembg.Gateway.Page;

/// <summary>
/// The page and its files, out of the assembly: they are there however and from wherever the gateway is started. Scripts and
/// styles lie under a path with their common hash, so that browsers may keep them for ever, and a module's relative imports
/// stay within one version.
/// </summary>
internal sealed class PageFiles
{
    private const string Prefix = "page/";
    private const string Index = "index.html";
    private const string VersionMark = "{version}";

    private readonly Dictionary<string, StaticFile> _files = new(StringComparer.Ordinal);

    private PageFiles(IReadOnlyDictionary<string, byte[]> contents)
    {
        Version = Hash(contents);
        foreach (var (path, bytes) in contents.Where(file => file.Key != Index)) _files[path] = new(path, bytes);
        Document = new(Index, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(contents[Index]).Replace(VersionMark, Version, StringComparison.Ordinal)));
    }

    /// <summary>Changes when any file does.</summary>
    public string Version { get; }

    /// <summary>The page itself.</summary>
    public StaticFile Document { get; }

    /// <summary>A file by its path below <c>site/</c>.</summary>
    public StaticFile? Find(string path) => _files.GetValueOrDefault(path);

    public static PageFiles Load()
    {
        var assembly = Assembly.GetExecutingAssembly();
        return new(assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(name => name[Prefix.Length..], name => Read(assembly, name)));
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using var resource = assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static string Hash(IReadOnlyDictionary<string, byte[]> contents)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (path, bytes) in contents.OrderBy(file => file.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{path} {bytes.Length}\n"));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }
}
