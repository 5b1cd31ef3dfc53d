using System.Globalization;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts;
using Rembg.Gateway.Cutouts.Caching;

namespace Rembg.Gateway.Tasks;

/// <summary>Our own API, asynchronous.</summary>
internal static class TaskEndpoints
{
    public static void MapTasks(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/tasks", AcceptAsync).RequireClient();
        app.MapGet("/v1/tasks", ListAsync).IdentifyClient();
        app.MapGet("/v1/tasks/{id}", ShowAsync).IdentifyClient();
        app.MapGet("/v1/tasks/{id}/events", EventsAsync).IdentifyClient(); // a place of Clients:Reads, for as long as it lasts
        app.MapGet("/v1/tasks/{id}/result", ResultAsync).RequirePlace(); // a cutout is work: it takes memory and a connection
        app.MapDelete("/v1/tasks/{id}", DeleteAsync).IdentifyClient();
    }

    private static async Task AcceptAsync(HttpContext context, TaskSubmission intake)
    {
        var accepted = await intake.AcceptAsync(context);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = $"{context.Request.PathBase}/v1/tasks/{accepted.Task.Id}";
        if (accepted.Replayed) context.Response.Headers["Idempotent-Replayed"] = "true";
        await WriteAsync(context, accepted.Task);
    }

    private static async Task ListAsync(HttpContext context, ITaskQueue queue)
    {
        var client = context.GetClient();
        var request = TaskListRequest.Parse(context.Request.Query);
        if (client.IsAnonymous) throw QueueProblems.ListsNeedKeys().AsException();
        var page = await queue.ListAsync(client.Id, request.State, request.Limit, request.After);
        context.Response.Headers.CacheControl = "no-store";
        var view = new TaskListView([.. page.Tasks.Select(task => TaskView.Of(task, context.Request.PathBase))], page.Next?.ToString());
        await context.Response.WriteAsJsonAsync(view, TaskViewJson.Default.TaskListView, contentType: null, context.RequestAborted);
    }

    private static async Task EventsAsync(HttpContext context, string id, LongPoll tasks, TaskEventStream events) =>
        await events.WriteAsync(context, await OwnAsync(context, id, tasks, wait: TimeSpan.Zero));

    private static async Task ShowAsync(HttpContext context, string id, LongPoll tasks)
    {
        var task = await OwnAsync(context, id, tasks, LongPoll.Parse(context.Request));
        await WriteAsync(context, task);
    }

    private static async Task ResultAsync(HttpContext context, string id, LongPoll tasks, ITaskQueue queue)
    {
        // 1. Is there a picture, or why not?
        var task = await OwnAsync(context, id, tasks, LongPoll.Parse(context.Request));
        if (task.Error is { } error) throw error.AsException();
        if (task.Result is not { } result) throw Problem.NotReady($"The task is {TaskView.NameOf(task.State)}; GET it with ?wait=20s to be told.").AsException();

        // 2. The client may have it already.
        var key = result.Key is { } value ? new CutoutKey(value) : null;
        if (key is not null && CutoutResponse.FindKnownToClient(context, [key]) is not null)
        {
            CutoutResponse.WriteNotModified(context, key.StrongETag);
            return;
        }

        // 3. The picture.
        using var open = await queue.OpenResultAsync(task) ?? throw Problem.ResultExpired().AsException();
        await CutoutResponse.WriteKeptAsync(context, new(open.Cutout, key, result.Status));
    }

    private static async Task DeleteAsync(HttpContext context, string id, LongPoll tasks, ITaskQueue queue, TaskMetrics metrics, CacheErasure caches)
    {
        var task = await OwnAsync(context, id, tasks, wait: TimeSpan.Zero);
        if (await queue.DeleteAsync(id) is not { } state) throw NoSuchTask();
        if (task.Result is { } result) await caches.EraseAsync(result.Key, result.Mask, task.Request.ToOptions());
        if (state == TaskState.Cancelled) metrics.Count("cancelled");
        await WriteAsync(context, task with { State = state, Position = null });
    }

    /// <summary>The task, if it is this client's. Another's is as unknown as one that never was.</summary>
    public static async Task<CutoutTask> OwnAsync(HttpContext context, string id, LongPoll tasks, TimeSpan wait)
    {
        if (!TaskId.IsValid(id)) throw NoSuchTask();
        if (await tasks.FindAsync(id, TimeSpan.Zero, context.RequestAborted) is not { } task || !task.Request.IsVisibleTo(context.GetClient().Id)) throw NoSuchTask();
        if (wait == TimeSpan.Zero || task.IsFinished) return task;
        return await tasks.FindAsync(id, wait, context.RequestAborted) ?? throw NoSuchTask();
    }

    private static async Task WriteAsync(HttpContext context, CutoutTask task)
    {
        context.Response.Headers.CacheControl = "no-store";
        if (!task.IsFinished) context.Response.Headers.RetryAfter = RetryAfter(task).ToString(CultureInfo.InvariantCulture);
        await context.Response.WriteAsJsonAsync(TaskView.Of(task, context.Request.PathBase), TaskViewJson.Default.TaskView, contentType: null, context.RequestAborted);
    }

    /// <summary>Seconds; a hint that keeps those at the end of a long queue from asking every second.</summary>
    private static long RetryAfter(CutoutTask task) => Math.Clamp(task.Position ?? 1, 1, 30);

    private static ProblemException NoSuchTask() => Problem.NotFound("There is no such task, or it has been forgotten.").AsException();
}
