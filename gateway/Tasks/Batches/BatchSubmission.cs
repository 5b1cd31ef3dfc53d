using System.Diagnostics;
using Microsoft.Extensions.Options;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Tasks.Redis;
using Rembg.Gateway.Tasks.Webhooks;

namespace Rembg.Gateway.Tasks.Batches;

/// <summary>Accepts a batch: each image becomes a task as it arrives, and is judged alone. An upload that breaks off takes its batch with it.</summary>
internal sealed class BatchSubmission(
    IServiceProvider services, ITaskQueue queue, BatchForm form, BatchList list, ModelCatalog models, WebhookParameter webhooks, IOptions<TaskOptions> tasks)
{
    /// <summary>What is longer is cut: a batch keeps a thousand names.</summary>
    private const int MaxNameLength = 200;

    public async Task<Batch> AcceptAsync(HttpContext context)
    {
        var batches = services.GetService<RedisBatches>() ?? throw Problem.NotFound("Batches need a gateway that keeps its tasks on Redis.").AsException();
        var (client, share) = (context.GetClient(), TaskShare.Of(context.GetClient().Plan, tasks.Value));
        string? id = null;
        TaskRequest request = null!;
        try
        {
            if (MultipartUpload.IsMultipart(context.Request)) await form.ReadAsync(context.Request, BeginAsync, AcceptImageAsync, context.RequestAborted);
            else await list.ReadAsync(context.Request, BeginAsync, AcceptImageAsync, context.RequestAborted);
            await batches.SealAsync(id!);
            return await batches.FindAsync(id!) ?? throw Problem.Overloaded("The store of tasks lost the batch.").AsException();
        }
        catch when (id is not null)
        {
            await batches.DeleteAsync(id);
            throw;
        }

        async Task BeginAsync(List<KeyValuePair<string, string>> parameters)
        {
            var webhook = webhooks.Take(context.Request, client, parameters);
            var options = CutoutOptions.Parse(parameters);
            if (!models.IsEmpty) models.Find(options.Model);
            id = await batches.OpenAsync(new(client.Id, client.IsAnonymous, webhook), share);
            var noStore = context.Request.GetTypedHeaders().CacheControl?.NoStore == true;
            request = new(client.Id, client.IsAnonymous, options.ToQuery(), noStore, context.TraceIdentifier, Activity.Current?.Id);
        }

        async Task AcceptImageAsync(int index, string name, Func<Task<Upload>> read)
        {
            if (name.Length > MaxNameLength) name = name[..MaxNameLength];
            try
            {
                using var image = await read();
                await queue.EnqueueAsync(new(image, request, share) { Batch = new(id!, index, name) });
            }
            catch (ProblemException refused)
            {
                await batches.RefuseAsync(id!, new(index, name, Id: null, TaskError.Of(refused.Problem)));
            }
        }
    }
}
