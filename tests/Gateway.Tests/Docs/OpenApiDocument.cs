using System.Text.Json;

namespace Rembg.Gateway.Tests.Docs;

/// <summary>The gateway's OpenAPI document, as a client reads it.</summary>
internal sealed class OpenApiDocument(JsonElement root)
{
    public static async Task<OpenApiDocument> ReadAsync(GatewayApp gateway) => new(JsonElement.Parse(await gateway.Client.GetStringAsync("/openapi/v1.json")));

    public JsonElement Root => root;

    public IEnumerable<Operation> Operations =>
        from path in root.GetProperty("paths").EnumerateObject()
        from operation in path.Value.EnumerateObject()
        select new Operation(this, operation.Name.ToUpperInvariant(), path.Name, operation.Value);

    /// <summary>Follows <c>$ref</c>.</summary>
    public JsonElement Resolve(JsonElement schema) => schema.TryGetProperty("$ref", out var reference)
        ? reference.GetString()!.Split('/').Skip(1).Aggregate(root, (element, name) => element.GetProperty(name))
        : schema;

    internal sealed record Operation(OpenApiDocument Document, string Method, string Path, JsonElement Json)
    {
        public override string ToString() => $"{Method} {Path}";

        public IEnumerable<JsonElement> Query => Json.TryGetProperty("parameters", out var all) ? all.EnumerateArray().Where(parameter => parameter.GetProperty("in").GetString() == "query") : [];

        public IEnumerable<int> Statuses => Json.GetProperty("responses").EnumerateObject().Select(answer => int.Parse(answer.Name));

        public JsonElement Answer(int status) => Json.GetProperty("responses").GetProperty($"{status}");

        /// <summary>Media types by schema; none for an answer without a body.</summary>
        public Dictionary<string, JsonElement> Contents(int status) =>
            Answer(status).TryGetProperty("content", out var content) ? content.EnumerateObject().ToDictionary(type => type.Name, type => type.Value.GetProperty("schema")) : [];

        public IEnumerable<string> Headers(int status) => Answer(status).GetProperty("headers").EnumerateObject().Select(header => header.Name);

        public bool IsOfATask => Json.GetProperty("tags")[0].GetString() == "Tasks";

        public bool TakesImage => Json.TryGetProperty("requestBody", out _);

        /// <summary>Of a picture that only a URL names.</summary>
        public bool FetchesImage => Method == "GET" && UrlField is not null;

        public string? UrlField => Query.Select(parameter => parameter.GetProperty("name").GetString()).FirstOrDefault(name => name is "url" or "imageUrl");

        public bool TakesIfNoneMatch => Json.TryGetProperty("parameters", out var all) && all.EnumerateArray().Any(parameter => parameter.GetProperty("name").GetString() == "If-None-Match");

        public JsonElement Form => Json.GetProperty("requestBody").GetProperty("content").GetProperty("multipart/form-data");

        public IEnumerable<JsonProperty> FormFields => Form.GetProperty("schema").GetProperty("properties").EnumerateObject();

        /// <summary>Name of the form's field for the image.</summary>
        public string ImageField => FormFields.Single(one => !one.Name.StartsWith("bg_", StringComparison.Ordinal) && !one.Name.StartsWith("background", StringComparison.Ordinal) && one.Value.TryGetProperty("format", out var format) && format.GetString() == "binary").Name;
    }
}
