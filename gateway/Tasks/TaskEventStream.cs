using System.Text;
using System.Text.Json;

namespace Rembg.Gateway.Tasks;

/// <summary>
/// Server-sent events (WHATWG HTML, 9.2) of one task: its state now, and each change until it has ended. An event's id is that of the
/// outbox; who comes back with it in <c>Last-Event-ID</c> gets what is newer. Of several changes between two looks only the last is sent.
/// </summary>
internal sealed class TaskEventStream(ITaskQueue queue, TaskSignals signals, IHostApplicationLifetime lifetime, TimeProvider time)
{
    /// <summary>A comment keeps proxies from closing a connection on which nothing happens; most wait for 30 s or more.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Answers until the task has ended, the client has gone, or the gateway ends. 204, which tells an EventSource to stop, where nothing can follow.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="task">As it was found.</param>
    public async Task WriteAsync(HttpContext context, CutoutTask task)
    {
        var response = context.Response;
        response.Headers.CacheControl = "no-store";
        var seen = context.Request.Headers["Last-Event-ID"].ToString();
        if (task.IsFinished && seen == task.Event)
        {
            response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }
        response.ContentType = "text/event-stream";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold events back

        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await FollowAsync(response, task, seen, either.Token);
        }
        catch (OperationCanceledException)
        {
            // The client comes back, to another gateway if this one ends.
        }
    }

    private async Task FollowAsync(HttpResponse response, CutoutTask task, string seen, CancellationToken cancelled)
    {
        while (true)
        {
            using var watch = signals.WatchTask(task.Id);
            task = await queue.FindAsync(task.Id) ?? Forgotten(task);
            if (task.Event != seen) await SendAsync(response, task, cancelled);
            if (task.IsFinished) return;
            seen = task.Event;
            while (!await watch.ChangesWithinAsync(Heartbeat, time, cancelled)) await SendAsync(response, ": still there\n\n", cancelled);
        }
    }

    /// <summary>Somebody deleted it: the last event that it has.</summary>
    private static CutoutTask Forgotten(CutoutTask task) => task with { State = task.IsFinished ? task.State : TaskState.Cancelled, Event = task.Event + "-deleted", Position = null };

    private static Task SendAsync(HttpResponse response, CutoutTask task, CancellationToken cancelled)
    {
        var json = JsonSerializer.Serialize(TaskView.Of(task, response.HttpContext.Request.PathBase), TaskViewJson.Default.TaskView);
        return SendAsync(response, $"id: {task.Event}\nevent: status\ndata: {json}\n\n", cancelled);
    }

    private static async Task SendAsync(HttpResponse response, string text, CancellationToken cancelled)
    {
        await response.BodyWriter.WriteAsync(Encoding.UTF8.GetBytes(text), cancelled);
    }
}
