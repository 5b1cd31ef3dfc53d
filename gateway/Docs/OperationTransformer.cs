using System.Globalization;
using System.Net.Mime;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Rembg.Gateway.Clients.Limits;
using Rembg.Gateway.Docs.Operations;

namespace Rembg.Gateway.Docs;

/// <summary>Fills what the framework knows of a route (method, path, metadata) with its <see cref="Operation"/>.</summary>
internal sealed class OperationTransformer : IOpenApiOperationTransformer
{
    private static readonly Field RequestId = Field.Text("X-Request-Id", "Id of the request: yours, if you sent one.");
    private static readonly Field RetryAfter = Field.Number("Retry-After", "Seconds until it is worth trying again.");
    private static readonly Field[] RateLimit =
    [
        Field.Text("RateLimit", "What is left of your plan: r requests, more of them in t seconds (draft-ietf-httpapi-ratelimit-headers)."),
        Field.Text("RateLimit-Policy", "Your plan: q requests, and w seconds until all of them are there again."),
    ];

    public async Task TransformAsync(OpenApiOperation target, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (!ApiOperations.All.TryGetValue($"{context.Description.HttpMethod} /{context.Description.RelativePath}", out var operation)) return;
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;

        // 1. What it is.
        target.OperationId = operation.Id;
        target.Summary = operation.Summary;
        target.Description = operation.Description;
        target.Tags = new HashSet<OpenApiTagReference> { new(operation.Tag, context.Document) };
        target.Security = metadata.OfType<IAuthorizeData>().Any() ? DocumentTransformer.Keys(context) : [];

        // 2. What it takes.
        target.Parameters =
        [
            .. operation.Path.Select(field => Parameter(field with { Required = true }, ParameterLocation.Path)),
            .. operation.Query.Select(field => Parameter(field, ParameterLocation.Query)),
            .. operation.RequestHeaders.Select(field => Parameter(field, ParameterLocation.Header)),
        ];
        target.RequestBody = operation.Bodies.Count == 0 ? null : new OpenApiRequestBody
        {
            Required = true,
            Content = operation.Bodies.ToDictionary(body => body.ContentType, body => body.Fields.Length == 0 ? Content(File) : FormContent(body.Fields)),
        };

        // 3. What it answers, and how it refuses.
        target.Responses = [];
        Field[] common = metadata.OfType<LimitedByPlan>().Any(limit => limit.IsCharged) ? [RequestId, .. RateLimit] : [RequestId];
        foreach (var answer in operation.Answers)
        {
            var content = answer.Files.ToDictionary(type => type, _ => Content(File));
            if (answer.Json is { } json) content["application/json"] = Content(await context.GetOrCreateSchemaAsync(json, null, cancellationToken));
            Respond(answer.Status, answer.Description, content, [.. answer.Headers, .. common]);
        }
        var (problemType, problem) = await ProblemAsync(operation, context, cancellationToken);
        var problems = new Dictionary<int, string>(operation.Problems);
        problems.TryAdd(429, "`rate_limited`: too many requests from this client; come back after `Retry-After`.");
        foreach (var (status, description) in problems)
            Respond(status, description, new() { [problemType] = Content(problem) }, status is 429 or 503 ? [RequestId, RetryAfter] : [RequestId]);

        void Respond(int status, string description, Dictionary<string, OpenApiMediaType> content, Field[] headers) =>
            target.Responses.Add(status.ToString(CultureInfo.InvariantCulture), new OpenApiResponse
            {
                Description = description,
                Content = content,
                Headers = headers.ToDictionary(header => header.Name, IOpenApiHeader (header) => new OpenApiHeader { Description = header.Description, Schema = header.Schema }),
            });
    }

    private static async Task<(string ContentType, IOpenApiSchema)> ProblemAsync(
        Operation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        if (operation.ErrorTypes.Count == 0) return ("application/problem+json", DocumentTransformer.Problem(context));
        var forms = new List<IOpenApiSchema>();
        foreach (var type in operation.ErrorTypes) forms.Add(await context.GetOrCreateSchemaAsync(type, null, cancellationToken));
        return ("application/json", forms is [var only] ? only : new OpenApiSchema { OneOf = forms });
    }

    private static OpenApiParameter Parameter(Field field, ParameterLocation place) =>
        new() { Name = field.Name, In = place, Required = field.Required, Description = field.Description, Schema = field.Schema };

    private static OpenApiSchema File => new() { Type = JsonSchemaType.String, Format = "binary" };

    private static OpenApiSchema Form(Field[] fields) => new()
    {
        Type = JsonSchemaType.Object,
        Required = fields.Where(field => field.Required).Select(field => field.Name).ToHashSet(),
        Properties = fields.ToDictionary(field => field.Name, IOpenApiSchema (field) => Described(field)),
    };

    /// <summary>A form's fields have no place of their own for words.</summary>
    private static OpenApiSchema Described(Field field)
    {
        var schema = (OpenApiSchema)field.Schema.CreateShallowCopy();
        schema.Description = field.Description;
        return schema;
    }

    /// <summary>What a file's part holds is said as its encoding: generators (Kiota) tell forms with files from others by it.</summary>
    private static OpenApiMediaType FormContent(Field[] fields)
    {
        var content = Content(Form(fields));
        var files = fields.Where(field => field.Schema.Format == File.Format).ToDictionary(field => field.Name, _ => new OpenApiEncoding { ContentType = MediaTypeNames.Application.Octet });
        if (files.Count > 0) content.Encoding = files;
        return content;
    }

    private static OpenApiMediaType Content(IOpenApiSchema schema) => new() { Schema = schema };
}
