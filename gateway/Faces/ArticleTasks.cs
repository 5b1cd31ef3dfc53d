using System.Text.Json.Serialization;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Tasks;

namespace Rembg.Gateway.Faces;

/// <summary>Tasks under the names of the article that this system grew from.</summary>
internal static class ArticleTasks
{
    public static void MapArticleTasks(this IEndpointRouteBuilder app)
    {
        app.MapPost("/remove-background-async", AcceptAsync).RequireClient();
        app.MapGet("/task/{id}", ShowAsync).IdentifyClient();
    }

    private static async Task AcceptAsync(HttpContext context, TaskIntake intake)
    {
        var accepted = await intake.AcceptAsync(context);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        await context.Response.WriteAsJsonAsync(new(accepted.Task.Id), ArticleJson.Default.ArticleAccepted, contentType: null, context.RequestAborted);
    }

    private static async Task ShowAsync(HttpContext context, string id, LongPoll tasks)
    {
        var task = await TaskEndpoints.OwnAsync(context, id, tasks, wait: TimeSpan.Zero);
        ArticleTask view = task.State switch
        {
            TaskState.Succeeded => new("success", $"{context.Request.Scheme}://{context.Request.Host}/v1/tasks/{id}/result", null),
            TaskState.Failed or TaskState.Cancelled => new("error", null, task.Error?.Detail ?? task.Error?.Title),
            _ => new("processing", null, null),
        };
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(view, ArticleJson.Default.ArticleTask, contentType: null, context.RequestAborted);
    }
}

internal sealed record ArticleAccepted([property: JsonPropertyName("task_id")] string TaskId);

internal sealed record ArticleTask(
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("result_url")] string? ResultUrl,
    [property: JsonPropertyName("error")] string? Error);

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ArticleAccepted))]
[JsonSerializable(typeof(ArticleTask))]
internal sealed partial class ArticleJson : JsonSerializerContext;
