using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Clients.Keys;
using Rembg.Gateway.Docs.Operations;

namespace Rembg.Gateway.Docs;

/// <summary>What is true of the whole API: name, keys, the form of problems.</summary>
internal sealed class DocumentTransformer : IOpenApiDocumentTransformer
{
    private const string ApiKey = "apiKey";
    private const string Bearer = "bearer";
    private const string ProblemName = "Problem";

    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        document.Info = new()
        {
            Title = "Rembg Platform",
            Version = typeof(DocumentTransformer).Assembly.GetName().Version?.ToString(3),
            Description = "Cuts the subject out of a photograph. Beside its own API it speaks those of rembg's server and of remove.bg.",
        };
        document.Servers = []; // OpenApiFile knows the path; behind a proxy nobody knows our name
        document.Tags = ApiOperations.All.Values.Select(operation => operation.Tag).Distinct().Select(tag => new OpenApiTag { Name = tag }).ToHashSet();
        document.AddComponent<IOpenApiSecurityScheme>(ApiKey, new OpenApiSecurityScheme { Type = SecuritySchemeType.ApiKey, In = ParameterLocation.Header, Name = ApiKeyHandler.Header });
        document.AddComponent<IOpenApiSecurityScheme>(Bearer, new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" });
        document.AddComponent<IOpenApiSchema>(ProblemName, ProblemSchema());
        return Task.CompletedTask;
    }

    /// <summary>A key in either place; none will do where keys are off.</summary>
    public static List<OpenApiSecurityRequirement> Keys(OpenApiOperationTransformerContext context)
    {
        var isRequired = context.ApplicationServices.GetRequiredService<IOptions<ClientOptions>>().Value.KeysRequired;
        OpenApiSecurityRequirement[] none = isRequired ? [] : [new()];
        return [.. none, With(ApiKey), With(Bearer)];

        OpenApiSecurityRequirement With(string scheme) => new() { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] };
    }

    public static OpenApiSchemaReference Problem(OpenApiOperationTransformerContext context) => new(ProblemName, context.Document);

    private static OpenApiSchema ProblemSchema()
    {
        return new()
        {
            Type = JsonSchemaType.Object,
            Description = "RFC 9457 problem details.",
            Required = new HashSet<string> { "type", "title", "status", "code", "requestId" },
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["type"] = Text("`urn:rembg:problem:` and the code."),
                ["title"] = Text("The kind of problem, always the same for a code."),
                ["status"] = new OpenApiSchema { Type = JsonSchemaType.Integer, Description = "The HTTP status." },
                ["detail"] = Text("What is wrong with this very request."),
                ["code"] = Text("Stable name of the kind of problem."),
                ["requestId"] = Text("As in `X-Request-Id`."),
            },
        };

        static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };
    }
}
