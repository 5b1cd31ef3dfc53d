using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Rembg.Gateway.Clients.Keys;
using Rembg.Gateway.Tasks.Batches;

namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>What is sent, as Standard Webhooks 1.0 has it. The body follows from the task as it ended, so that each attempt has the same; the id is the receiver's key against repetitions.</summary>
/// <param name="Type"><c>task.succeeded</c>, <c>task.failed</c> or <c>batch.completed</c>.</param>
/// <param name="Timestamp">Of the end.</param>
/// <param name="Data">What a GET of the task or batch shows, with whole URLs.</param>
internal sealed record WebhookMessage(string Type, DateTimeOffset Timestamp, JsonElement Data)
{
    public static WebhookMessage Of(CutoutTask task) => new($"task.{TaskView.NameOf(task.State)}", task.FinishedAt!.Value,
        JsonSerializer.SerializeToElement(TaskView.Of(task, task.Request.Webhook!.Origin), TaskViewJson.Default.TaskView));

    public static WebhookMessage Of(Batch batch) => new("batch.completed", batch.FinishedAt!.Value,
        JsonSerializer.SerializeToElement(BatchView.Of(batch, batch.Request.Webhook!.Origin), BatchJson.Default.BatchView));

    /// <param name="url">The receiver.</param>
    /// <param name="id">Of the delivery, the same at each attempt.</param>
    /// <param name="secrets">Each of them signs.</param>
    /// <param name="now">When it is sent; receivers refuse what is more than some minutes old.</param>
    public HttpRequestMessage ToRequest(string url, string id, IReadOnlyList<WebhookSecret> secrets, DateTimeOffset now)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(this, WebhookJson.Default.WebhookMessage);
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.ASCII.GetBytes($"{id}.{timestamp}."), .. body];
        return new HttpRequestMessage(HttpMethod.Post, url)
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } },
            Headers =
            {
                { "webhook-id", id },
                { "webhook-timestamp", timestamp },
                { "webhook-signature", string.Join(' ', secrets.Select(secret => "v1," + secret.Sign(signed))) },
            },
        };
    }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(WebhookMessage))]
internal sealed partial class WebhookJson : JsonSerializerContext;
