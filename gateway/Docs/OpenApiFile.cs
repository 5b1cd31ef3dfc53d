using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Rembg.Gateway.Http;

namespace Rembg.Gateway.Docs;

/// <summary>The OpenAPI document, made at the first request and then the same for ever: making it takes 23 ms of CPU (issue 15).</summary>
internal sealed class OpenApiFile([FromKeyedServices(OpenApiFile.Name)] IOpenApiDocumentProvider documents)
{
    public const string Name = "v1";

    private readonly Lazy<Task<StaticFile>> _file = new(async () =>
    {
        var document = await documents.GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        return new("openapi.json", json.ToArray());
    });

    public Task<StaticFile> GetAsync() => _file.Value;
}
