using Rembg.Contract;
using Rembg.Contract.Cutouts;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Http;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Cutouts;

/// <summary>Our own API, synchronous.</summary>
internal static class CutoutEndpoints
{
    public static void MapCutouts(this IEndpointRouteBuilder app)
    {
        app.MapPost("/v1/remove-background", RemoveBackgroundAsync).RequireClient();
        app.MapPost("/remove-background", RemoveBackgroundAsync).RequireClient();
        app.MapGet("/v1/models", (ModelCatalog models) => TypedResults.Ok(models.List()));
    }

    private static async Task RemoveBackgroundAsync(HttpContext context, UploadReader uploads)
    {
        // 1. The body, once.
        using var form = await uploads.ReadAsync(context.Request, UploadFields.Default, context.RequestAborted);

        // 2. What is asked of it.
        var options = CutoutOptions.Parse(form.Parameters, form.Background);

        // 3. The answer.
        await AnswerAsync(context, form.Image, options);
    }

    /// <summary>Answers with the picture, for every API whose answer is one.</summary>
    public static async Task AnswerAsync(HttpContext context, Upload image, CutoutOptions options)
    {
        // 1. The client may have it already.
        var cutouts = context.RequestServices.GetRequiredService<CutoutService>();
        var identity = cutouts.Identify(image, options, context.GetClient().Id);
        if (CutoutResponse.FindKnownToClient(context, identity.Candidates) is { } known)
        {
            CutoutResponse.WriteNotModified(context, known.ETag);
            return;
        }

        // 2. The cutout, from cache or pod.
        using var answer = await cutouts.CutAsync(context.ToRequest(identity, image), context.RequestAborted);
        image.Dispose(); // a client that reads slowly holds its answer only

        // 3. The picture.
        await CutoutResponse.WriteAsync(context, answer);
    }

    /// <summary>A synchronous request for a cutout; the APIs of others use it too.</summary>
    public static CutoutRequest ToRequest(this HttpContext context, CutoutIdentity identity, Upload image)
    {
        var directives = context.Request.GetTypedHeaders().CacheControl;
        var use = directives switch
        {
            { NoStore: true } => CacheUse.None,
            { NoCache: true } => CacheUse.Store,
            _ => CacheUse.All,
        };
        return new(identity, image, Priority.Interactive, use, context.GetClient(), context.Deadline().EndsAt, context.TraceIdentifier);
    }
}
