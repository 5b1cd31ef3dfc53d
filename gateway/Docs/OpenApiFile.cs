using System.Collections.Concurrent;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Rembg.Gateway.Http;

namespace Rembg.Gateway.Docs;

/// <summary>The OpenAPI document, made at the first request and then the same for ever: making it takes 23 ms of CPU (issue 15).</summary>
internal sealed class OpenApiFile([FromKeyedServices(OpenApiFile.Name)] IOpenApiDocumentProvider documents)
{
    public const string Name = "v1";

    /// <summary>Prefixes whose document is kept; trusted proxies name them, and nobody has as many.</summary>
    private const int MaxPrefixes = 16;

    private readonly Lazy<Task<OpenApiDocument>> _document = new(() => documents.GetOpenApiDocumentAsync());
    private readonly ConcurrentDictionary<string, StaticFile> _files = new(StringComparer.Ordinal);

    /// <param name="pathBase">The path under which the outside reaches the service: calls begin with it.</param>
    public async Task<StaticFile> GetAsync(PathString pathBase)
    {
        var prefix = pathBase.ToUriComponent();
        if (_files.TryGetValue(prefix, out var file)) return file;
        file = await WriteAsync(await _document.Value, prefix);
        if (_files.Count < MaxPrefixes) _files[prefix] = file;
        return file;
    }

    private static async Task<StaticFile> WriteAsync(OpenApiDocument document, string prefix)
    {
        var own = new OpenApiDocument(document) { Servers = [new() { Url = prefix + "/" }] };
        using var json = new MemoryStream();
        await own.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        return new("openapi.json", json.ToArray());
    }
}
