using System.Text.Json;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

/// <summary>A task as the API shows it.</summary>
internal sealed record ShownTask(JsonElement Json)
{
    public string Id => Text("id")!;
    public string Status => Text("status")!;

    public string? Text(params string[] path) => Find(path)?.GetString();

    public long Number(string name) => Find([name])?.GetInt64() ?? -1;

    private JsonElement? Find(string[] path)
    {
        JsonElement? at = Json;
        foreach (var name in path) at = at is { } parent && parent.TryGetProperty(name, out var child) ? child : null;
        return at;
    }
}

internal static class TaskClient
{
    public static async Task<ShownTask> ReadTaskAsync(this HttpResponseMessage answer)
    {
        var text = await answer.Content.ReadAsStringAsync();
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return new(JsonDocument.Parse(text).RootElement);
    }

    public static async Task<string?> ReadCodeAsync(this HttpResponseMessage answer) =>
        JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("code").GetString();

    /// <summary>Posts a picture of its own for each seed, and returns the task's id.</summary>
    public static async Task<string> PostTaskAsync(this HttpClient client, int seed = 1)
    {
        using var answer = await client.PostAsync("/v1/tasks", Images.Raw(seed));
        return (await answer.ReadTaskAsync()).Id;
    }

    public static async Task<HttpResponseMessage> PostWithKeyAsync(this HttpClient client, string key, HttpContent image, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/tasks" + query) { Content = image };
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        return await client.SendAsync(request);
    }

    public static async Task<ShownTask> ShowAsync(this HttpClient client, string id)
    {
        using var answer = await client.GetAsync($"/v1/tasks/{id}");
        return await answer.ReadTaskAsync();
    }

    /// <summary>Waits until the task has ended.</summary>
    public static async Task<ShownTask> EndOfAsync(this HttpClient client, string id)
    {
        ShownTask? task = null;
        await Eventually.TrueAsync(async () =>
        {
            using var answer = await client.GetAsync($"/v1/tasks/{id}?wait=5s");
            task = await answer.ReadTaskAsync();
            return task.Status is not ("queued" or "running");
        }, "the task ends");
        return task!;
    }
}
