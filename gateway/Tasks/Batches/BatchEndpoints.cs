using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Http;
using Rembg.Gateway.Tasks.Redis;

namespace Rembg.Gateway.Tasks.Batches;

/// <summary>Many images in one request, each a task of its own.</summary>
internal static class BatchEndpoints
{
    public static void MapBatches(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/batches", AcceptAsync).RequireClient();
        app.MapGet("/v1/batches/{id}", ShowAsync).IdentifyClient();
        app.MapGet("/v1/batches/{id}/result", ResultAsync).RequirePlace();
        app.MapDelete("/v1/batches/{id}", DeleteAsync).IdentifyClient();
    }

    private static async Task AcceptAsync(HttpContext context, BatchSubmission submission)
    {
        var batch = await submission.AcceptAsync(context);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.Headers.Location = $"{context.Request.PathBase}/v1/batches/{batch.Id}";
        await WriteAsync(context, batch);
    }

    private static async Task ShowAsync(HttpContext context, string id, IServiceProvider services) => await WriteAsync(context, await OwnAsync(context, id, services));

    private static async Task ResultAsync(HttpContext context, string id, IServiceProvider services, BatchArchive archive)
    {
        var batch = await OwnAsync(context, id, services);
        if (batch.FinishedAt is null) throw Problem.NotReady("Some of the batch's tasks have not ended.").AsException();
        context.Response.ContentType = "application/zip";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{batch.Id}.zip\"";
        context.Response.Headers.CacheControl = "private, no-cache";
        using var body = new PacedBody(context);
        await archive.WriteAsync(batch, body.AsStream(), context.RequestAborted);
    }

    private static async Task DeleteAsync(HttpContext context, string id, IServiceProvider services)
    {
        var batch = await OwnAsync(context, id, services);
        await services.GetRequiredService<RedisBatches>().DeleteAsync(id);
        await WriteAsync(context, batch);
    }

    private static async Task<Batch> OwnAsync(HttpContext context, string id, IServiceProvider services)
    {
        var batch = TaskId.IsValid(id) && services.GetService<RedisBatches>() is { } batches ? await batches.FindAsync(id) : null;
        return batch?.Request.IsVisibleTo(context.GetClient().Id) == true ? batch : throw Problem.NotFound("There is no such batch, or it has been forgotten.").AsException();
    }

    private static async Task WriteAsync(HttpContext context, Batch batch)
    {
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(BatchView.Of(batch, context.Request.PathBase), BatchJson.Default.BatchView, contentType: null, context.RequestAborted);
    }
}
