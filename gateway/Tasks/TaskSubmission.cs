using System.Diagnostics;
using Microsoft.Extensions.Options;
using Rembg.Contract.Cutouts;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Tasks.Webhooks;

namespace Rembg.Gateway.Tasks;

/// <summary>Accepts a task: the bytes are read and stored. They are hashed when it runs, unless an idempotency key needs that now.</summary>
internal sealed class TaskSubmission(ITaskQueue queue, UploadReader uploads, ModelCatalog models, WebhookParameter webhooks, IOptions<TaskOptions> tasks)
{
    public async Task<EnqueueResult> AcceptAsync(HttpContext context)
    {
        // 1. A full queue says so before a byte is read, but not to a repetition that may be in it already.
        var client = context.GetClient();
        var share = TaskShare.Of(client.Plan, tasks.Value);
        var key = IdempotencyKey.Read(context.Request, client.Id);
        if (key is null) await queue.EnsureRoomAsync(client.Id, share);

        // 2. The body, once, and what is asked of it. Without pods nobody knows the models; the run will tell.
        using var form = await uploads.ReadAsync(context.Request, UploadFields.Default, context.RequestAborted, hash: key is not null);
        using var image = await form.Image.OpenAsync(context.RequestAborted);
        List<KeyValuePair<string, string>> parameters = [.. form.Parameters];
        var webhook = webhooks.Take(context.Request, client, parameters);
        var options = CutoutOptions.Parse(parameters, form.Background);
        if (!models.IsEmpty) models.Find(options.Model);

        // 3. Into the queue.
        var noStore = context.Request.GetTypedHeaders().CacheControl?.NoStore == true;
        var request = new TaskRequest(client.Id, client.IsAnonymous, options.ToQuery(), noStore, context.TraceIdentifier, Activity.Current?.Id, webhook);
        var idempotency = key is null ? null : new Idempotency(key, IdempotencyKey.Fingerprint(image.Sha256, options, webhook?.Url));
        return await queue.EnqueueAsync(new(image, request, share, idempotency));
    }
}
