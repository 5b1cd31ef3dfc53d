using System.Security.Cryptography;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Rembg.Contract.Hosting;
using Scalar.AspNetCore;

namespace Rembg.Gateway.Docs;

/// <summary>The API described: OpenAPI at <c>/openapi/v1.json</c>, a reference page at <c>/docs</c>.</summary>
public static class DocsServices
{
    public static void AddDocs(this WebApplicationBuilder builder)
    {
        builder.AddOptions<DocsOptions>(DocsOptions.Section);
        builder.Services.AddSingleton<OpenApiFile>();
        // Our numbers are never text.
        builder.Services.ConfigureHttpJsonOptions(json => json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict);
        builder.Services.AddOpenApi(OpenApiFile.Name, api =>
        {
            api.AddDocumentTransformer<DocumentTransformer>();
            api.AddOperationTransformer<OperationTransformer>();
            api.AddSchemaTransformer(LeaveNullsOut);
        });
    }

    /// <summary>What is null in our answers is absent from them.</summary>
    private static Task LeaveNullsOut(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        schema.Type &= ~JsonSchemaType.Null;
        foreach (var property in context.JsonTypeInfo.Properties.Where(property => property.IsGetNullable)) schema.Required?.Remove(property.Name);
        return Task.CompletedTask;
    }

    public static void MapDocs(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<DocsOptions>>().Value.Enabled) return;
        app.MapGet("/openapi/v1.json", async (OpenApiFile document, HttpResponse response) => (await document.GetAsync()).Answer(response, "no-cache")).ExcludeFromDescription();
        app.MapScalarApiReference("/docs", (page, context) =>
        {
            var nonce = RandomNumberGenerator.GetHexString(32);
            context.Response.Headers.ContentSecurityPolicy = Policy(nonce);
            page.WithTitle("Rembg Platform API").WithNonce(nonce).WithOpenApiRoutePattern("/openapi/{documentName}.json")
                .DisableDefaultFonts().DisableTelemetry().DisableAgent().DisableMcp().HideDeveloperTools().HideClientButton();
        });
    }

    /// <summary>
    /// The page brings its scripts along and asks nobody else. Styles alone may be inline: it sets them on hundreds of
    /// elements, and no nonce reaches a style attribute.
    /// </summary>
    private static string Policy(string nonce) =>
        $"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data: blob:; "
        + "font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}
