using System.Text.Json;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Fetching;

namespace Rembg.Gateway.Tasks.Batches;

/// <summary>A batch as JSON: <c>{"images": [{"url": "...", "id": "mine"}], "format": "webp"}</c>. The images are fetched one after the other, each as one of its own would be.</summary>
internal sealed class BatchList(ImageFetcher images)
{
    private const int MaxBytes = 4 << 20;

    /// <inheritdoc cref="BatchForm.ReadAsync"/>
    public async Task ReadAsync(
        HttpRequest request, Func<List<KeyValuePair<string, string>>, Task> begin, Func<int, string, Func<Task<Upload>>, Task> accept, CancellationToken cancelled)
    {
        if (!request.HasJsonContentType()) throw Problem.InvalidRequest("A batch is a form with files, or JSON.").AsException();
        if (!images.IsEnabled) throw Problem.InvalidParameter("images", "is not supported: send the images themselves, URLs are not fetched").AsException();
        var (parameters, list) = await ParseAsync(request, cancelled);
        if (list.Count is 0 or > BatchForm.MaxFiles) throw Problem.InvalidParameter("images", $"must hold 1 to {BatchForm.MaxFiles:N0} images").AsException();

        await begin(parameters);
        var client = request.HttpContext.GetClient().Id;
        foreach (var (index, (url, name)) in list.Index())
        {
            await accept(index, name ?? url ?? "", () => images.ReadAsync(
                new("url", url ?? throw Problem.InvalidParameter("url", "must be text").AsException()), client, revalidate: true, cancelled));
        }
    }

    private static async Task<(List<KeyValuePair<string, string>> Parameters, List<(string? Url, string? Name)> Images)> ParseAsync(HttpRequest request, CancellationToken cancelled)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(new LimitedBody(request.Body, MaxBytes, MaxBytes), new() { MaxDepth = 4 }, cancelled);
            if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("images", out var list) || list.ValueKind != JsonValueKind.Array)
                throw Problem.InvalidParameter("images", "must be a list").AsException();
            return (
                [.. document.RootElement.EnumerateObject().Where(property => property.Name != "images").Select(Parameter)],
                [.. list.EnumerateArray().Select(image => (Text(image, "url"), Text(image, "id")))]);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException) // the latter: half a surrogate pair
        {
            throw Problem.InvalidRequest("The body is not a JSON object of the documented form.").AsException();
        }
    }

    private static KeyValuePair<string, string> Parameter(JsonProperty property) => property.Value.ValueKind switch
    {
        JsonValueKind.String => new(property.Name, property.Value.GetString()!),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => new(property.Name, property.Value.GetRawText()),
        _ => throw Problem.InvalidParameter(property.Name, "must be text, a number, true or false").AsException(),
    };

    private static string? Text(JsonElement image, string name) =>
        image.ValueKind == JsonValueKind.Object && image.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: <= TargetUrl.MaxLength } text ? text : null;
}
