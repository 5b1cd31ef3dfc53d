using Microsoft.OpenApi;
using Rembg.Gateway.Tasks.Batches;

namespace Rembg.Gateway.Docs.Operations;

/// <summary>Many images in one request.</summary>
internal static class BatchOperations
{
    private const string Unknown = "`not_found`: there is no such batch, it has been forgotten, it is another client's, or batches are not kept here (they need Redis).";

    private static readonly Field Files = new("file", new() { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } }, "Up to 1,000 images, after all other fields.", Required: true);
    private static readonly Field Images = new("images", new() { Type = JsonSchemaType.Array, Items = new OpenApiSchema { Type = JsonSchemaType.Object } }, "Up to 1,000 of `{\"url\": \"https://...\", \"id\": \"what you call it\"}`.", Required: true);

    public static readonly Operation Accept = new(TaskOperations.Tag, "createBatch", "Remove the backgrounds of many photographs",
        "Each image becomes a task as it arrives, with the options of all, and is judged alone: what is not accepted has its `error` in `images`. A request that breaks off takes its batch with it.")
    {
        Query = [TaskOperations.Webhook, .. CutoutOperations.Options],
        RequestHeaders = [CutoutOperations.CacheControl],
        Bodies = [new("multipart/form-data", [TaskOperations.Webhook, .. CutoutOperations.Options, Files]), new("application/json", [TaskOperations.Webhook, .. CutoutOperations.Options, Images])],
        Answers = [new(202, "Accepted.") { Json = typeof(BatchView), Headers = [Field.Text("Location", "Where to ask for the batch.")] }],
        Problems = new Dictionary<int, string>
        {
            [400] = "`missing_image`, `invalid_parameter`, `invalid_request`: no image, an option that is not valid, or a body that is not well formed.",
            [401] = TaskOperations.InvalidKey,
            [404] = "`not_found`: batches are not kept here (they need Redis).",
            [413] = CutoutOperations.Problems[413],
            [429] = "`rate_limited`, or `task_share_exceeded`: you have your share of batches, or of webhooks.",
            [503] = "`overloaded`: too many batches or webhooks.",
        },
    };

    public static readonly Operation Show = new(TaskOperations.Tag, "getBatch", "How far a batch is")
    {
        Path = TaskOperations.Id,
        Answers = [new(200, "The batch.") { Json = typeof(BatchView) }],
        Problems = new Dictionary<int, string> { [401] = TaskOperations.InvalidKey, [404] = Unknown },
    };

    public static readonly Operation Result = new(TaskOperations.Tag, "getBatchResult", "The pictures of a batch as one ZIP", "Files are named after the images; `errors.json` says why a picture is missing.")
    {
        Path = TaskOperations.Id,
        Answers = [new(200, "The pictures.") { Files = ["application/zip"] }],
        Problems = new Dictionary<int, string> { [401] = TaskOperations.InvalidKey, [404] = Unknown, [409] = "`not_ready`: some tasks have not ended." },
    };

    public static readonly Operation Forget = new(TaskOperations.Tag, "deleteBatch", "Cancel a batch and forget it, with all of its tasks")
    {
        Path = TaskOperations.Id,
        Answers = [new(200, "The batch as it was last.") { Json = typeof(BatchView) }],
        Problems = Show.Problems,
    };
}
