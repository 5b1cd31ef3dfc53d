using System.Text.Json.Serialization;
using Rembg.Gateway.Tasks.Webhooks;

namespace Rembg.Gateway.Tasks.Batches;

/// <summary>Whose batch it is, and who is told of its end.</summary>
internal sealed record BatchRequest(string Client, bool IsAnonymous, Webhook? Webhook)
{
    public bool IsVisibleTo(string client) => IsAnonymous || Client == client;
}

/// <summary>One image of a batch: a task, or why there is none.</summary>
/// <param name="Index">Its place, from 0.</param>
/// <param name="Name">Of the file, or what the client calls it.</param>
/// <param name="Id">Of its task.</param>
/// <param name="Error">Why it was not accepted.</param>
internal sealed record BatchImage(int Index, string Name, string? Id, TaskError? Error);

/// <summary>A batch as it is now.</summary>
internal sealed record Batch
{
    public required string Id { get; init; }
    public required BatchRequest Request { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the last of its tasks ended; null while images still come or tasks go on.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Images that are tasks.</summary>
    public required int Accepted { get; init; }
    public required int Refused { get; init; }
    public required int Succeeded { get; init; }
    public required int Failed { get; init; }
    public required int Cancelled { get; init; }

    /// <summary>Empty in a message about it.</summary>
    public IReadOnlyList<BatchImage> Images { get; init; } = [];
}

/// <summary>A batch as clients see it.</summary>
/// <param name="Id">24 URL-safe characters.</param>
/// <param name="Status">running or completed.</param>
/// <param name="Total">Images that were sent.</param>
/// <param name="Unfinished">Tasks that are queued or running.</param>
/// <param name="Succeeded">Tasks with a picture.</param>
/// <param name="Failed">Tasks without.</param>
/// <param name="Cancelled">Tasks that were deleted before their end.</param>
/// <param name="Refused">Images that are no task.</param>
/// <param name="CreatedAt">When its first image came.</param>
/// <param name="FinishedAt">When the last task ended.</param>
/// <param name="Images">In the order in which they were sent; absent in a webhook.</param>
/// <param name="Links">Where to go from here.</param>
internal sealed record BatchView(
    string Id, string Status, int Total, int Unfinished, int Succeeded, int Failed, int Cancelled, int Refused,
    DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt, IReadOnlyList<BatchImage>? Images, TaskLinks Links)
{
    /// <param name="batch">The batch.</param>
    /// <param name="origin">What links begin with: the path under which the outside reaches the service, or a whole URL.</param>
    public static BatchView Of(Batch batch, string origin) => new(
        batch.Id, batch.FinishedAt is null ? "running" : "completed", batch.Accepted + batch.Refused,
        batch.Accepted - batch.Succeeded - batch.Failed - batch.Cancelled, batch.Succeeded, batch.Failed, batch.Cancelled, batch.Refused,
        batch.CreatedAt, batch.FinishedAt, batch.Images.Count > 0 ? batch.Images : null,
        new($"{origin}/v1/batches/{batch.Id}", batch.FinishedAt is null ? null : $"{origin}/v1/batches/{batch.Id}/result"));
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(BatchView))]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(BatchImage))]
[JsonSerializable(typeof(IReadOnlyList<BatchImage>))]
internal sealed partial class BatchJson : JsonSerializerContext;
