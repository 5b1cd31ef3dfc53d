using System.Diagnostics;
using Rembg.Contract.Cutouts;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Tasks;

/// <summary>Accepts a task: the bytes are read and stored. They are hashed when it runs, unless a idempotency of idempotency needs that now.</summary>
internal sealed class TaskSubmission(ITaskQueue queue, UploadReader uploads, ModelCatalog models)
{
    public async Task<EnqueueResult> AcceptAsync(HttpContext context)
    {
        // 1. The idempotency of idempotency; and a full queue says so before a byte is read, but not to who may be in it already.
        var client = context.GetClient();
        var key = IdempotencyKey.Read(context.Request, client.Id);
        if (key is null) await queue.EnsureRoomAsync();

        // 2. The body, once, and what is asked of it. Without pods nobody knows the models; the run will tell.
        using var form = await uploads.ReadAsync(context.Request, UploadFields.Default, context.RequestAborted, hash: key is not null);
        var options = CutoutOptions.Parse(form.Parameters);
        if (!models.IsEmpty) models.Find(options.Model);

        // 3. Into the queue.
        var noStore = context.Request.GetTypedHeaders().CacheControl?.NoStore == true;
        var request = new TaskRequest(client.Id, client.IsAnonymous, options.ToQuery(), noStore, context.TraceIdentifier, Activity.Current?.Id);
        var idempotency = key is null ? null : new Idempotency(key, IdempotencyKey.Fingerprint(form.Image.Sha256, options));
        return await queue.EnqueueAsync(new(form.Image, request, idempotency));
    }
}
