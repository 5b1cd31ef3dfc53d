using System.Text.Json.Serialization;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Tasks;

namespace Rembg.Gateway.Compatibility;

/// <summary>Tasks under the names of the article that this system grew from.</summary>
internal static class LegacyTasks
{
    public static void MapLegacyTasks(this IEndpointRouteBuilder app)
    {
        app.MapPost("/remove-background-async", AcceptAsync).RequireClient();
        app.MapGet("/task/{id}", ShowAsync).IdentifyClient();
    }

    private static async Task AcceptAsync(HttpContext context, TaskSubmission intake)
    {
        var accepted = await intake.AcceptAsync(context);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await context.Response.WriteAsJsonAsync(new(accepted.Task.Id), LegacyTaskJson.Default.LegacyTaskAccepted, contentType: null, context.RequestAborted);
    }

    private static async Task ShowAsync(HttpContext context, string id, LongPoll tasks)
    {
        var task = await TaskEndpoints.OwnAsync(context, id, tasks, wait: TimeSpan.Zero);
        LegacyTask view = task.State switch
        {
            TaskState.Succeeded => new("success", $"{context.Request.Scheme}://{context.Request.Host}{context.Request.PathBase}/v1/tasks/{id}/result", null),
            TaskState.Failed or TaskState.Cancelled => new("error", null, task.Error?.Detail ?? task.Error?.Title),
            _ => new("processing", null, null),
        };
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(view, LegacyTaskJson.Default.LegacyTask, contentType: null, context.RequestAborted);
    }
}

internal sealed record LegacyTaskAccepted([property: JsonPropertyName("task_id")] string TaskId);

internal sealed record LegacyTask(
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("result_url")] string? ResultUrl,
    [property: JsonPropertyName("error")] string? Error);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LegacyTaskAccepted))]
[JsonSerializable(typeof(LegacyTask))]
internal sealed partial class LegacyTaskJson : JsonSerializerContext;
