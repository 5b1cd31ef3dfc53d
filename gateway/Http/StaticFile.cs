using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Rembg.Gateway.Http;

/// <summary>A file that never changes while the gateway runs, compressed once instead of for each reader.</summary>
internal sealed class StaticFile
{
    private static readonly Dictionary<string, string> ContentTypes = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
        [".jpg"] = "image/jpeg",
        [".json"] = "application/json; charset=utf-8",
    };

    private readonly string _contentType;
    private readonly byte[] _plain;
    private readonly byte[]? _gzip;
    private readonly string _hash;

    public StaticFile(string path, byte[] bytes)
    {
        var extension = System.IO.Path.GetExtension(path);
        _contentType = ContentTypes[extension];
        _plain = bytes;
        _gzip = extension == ".jpg" ? null : Compress(bytes); // gzip and not Brotli, which browsers take over https only
        _hash = Convert.ToHexStringLower(SHA256.HashData(bytes))[..16];
    }

    /// <summary>The file, or 304 when the browser has it.</summary>
    /// <param name="response">Takes the headers.</param>
    /// <param name="caching"><c>Cache-Control</c>.</param>
    public IResult Answer(HttpResponse response, string caching)
    {
        var zip = _gzip is not null && Takes(response.HttpContext.Request, "gzip");
        response.Headers.CacheControl = caching;
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        if (zip) response.Headers.ContentEncoding = "gzip";
        return TypedResults.Bytes(zip ? _gzip! : _plain, _contentType, entityTag: new(zip ? $"\"{_hash}-gzip\"" : $"\"{_hash}\""));
    }

    private static bool Takes(HttpRequest request, string coding) =>
        request.GetTypedHeaders().AcceptEncoding.Any(accepted => accepted.Value == coding && accepted.Quality != 0);

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize)) gzip.Write(bytes);
        return compressed.ToArray();
    }
}
