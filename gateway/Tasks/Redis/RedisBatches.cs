using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Caching;
using Rembg.Gateway.Tasks.Batches;
using StackExchange.Redis;
using static Rembg.Gateway.Tasks.Redis.TaskScript;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>Batches: which tasks belong together, and how many of them have ended. The scripts that accept and end a task count it.</summary>
internal sealed class RedisBatches(IConnectionMultiplexer control, ITaskQueue queue, CacheErasure caches, IOptions<TaskOptions> options)
{
    private readonly IDatabase _redis = control.GetDatabase();
    private readonly string _scriptOptions = RedisTaskOptions.Json(options.Value);

    /// <returns>Its id.</returns>
    /// <exception cref="ProblemException">503: there are too many batches, or webhooks. 429: the client has its share of them.</exception>
    public async Task<string> OpenAsync(BatchRequest request, TaskShare share)
    {
        var id = TaskId.New();
        var full = await RunAsync(OpenBatch, id, request.Client, TaskHash.Json(request, BatchJson.Default.BatchRequest), request.Webhook?.Host ?? "", TaskHash.Json(share, TaskJson.Default.TaskShare));
        return full.IsNull ? id : throw QueueProblems.Full((string)full!, 0).AsException();
    }

    /// <summary>An image that was not accepted.</summary>
    public Task RefuseAsync(string id, BatchImage image) => RunAsync(RefuseImage, id, TaskHash.Json(image, BatchJson.Default.BatchImage));

    /// <summary>All images have come; from now on it can end.</summary>
    public Task SealAsync(string id) => RunAsync(SealBatch, id);

    /// <summary>Null for one that is unknown or forgotten.</summary>
    public async Task<Batch?> FindAsync(string id)
    {
        var found = await RunAsync(FindBatch, id);
        return found.IsNull ? null : Read(id, TaskHash.Fields(found[0]), (string[])found[1]!);
    }

    /// <summary>Deletes it and all of its tasks, whatever their state.</summary>
    public async Task DeleteAsync(string id)
    {
        if (await FindAsync(id) is not { } batch) return;
        foreach (var image in batch.Images)
        {
            if (image.Id is not { } task) continue;
            if (await queue.FindAsync(task) is { Result: { } result, Request: var request }) await caches.EraseAsync(result.Key, result.Mask, request.ToOptions());
            await queue.DeleteAsync(task);
        }
        await RunAsync(DeleteBatch, id);
    }

    /// <param name="id">The batch.</param>
    /// <param name="fields">Its hash.</param>
    /// <param name="images">JSON of each.</param>
    public static Batch Read(string id, Dictionary<string, RedisValue> fields, string[] images) => new()
    {
        Id = id,
        Request = System.Text.Json.JsonSerializer.Deserialize(fields["request"].ToString(), BatchJson.Default.BatchRequest)!,
        CreatedAt = TaskHash.Time(fields["created"]),
        FinishedAt = fields.TryGetValue("finished", out var finished) ? TaskHash.Time(finished) : null,
        Accepted = Count(fields, "accepted"),
        Refused = Count(fields, "refused"),
        Succeeded = Count(fields, nameof(TaskState.Succeeded)),
        Failed = Count(fields, nameof(TaskState.Failed)),
        Cancelled = Count(fields, nameof(TaskState.Cancelled)),
        Images = [.. images.Select(image => System.Text.Json.JsonSerializer.Deserialize(image, BatchJson.Default.BatchImage)!)],
    };

    private static int Count(Dictionary<string, RedisValue> fields, string name) => (int)fields.GetValueOrDefault(name, 0);

    private Task<RedisResult> RunAsync(TaskScript script, params RedisValue[] arguments) => script.RunAsync(_redis, _scriptOptions, arguments);
}
