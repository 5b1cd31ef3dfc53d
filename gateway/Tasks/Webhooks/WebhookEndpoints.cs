using System.Text.Json.Serialization;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Tasks.Redis;

namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>Deliveries that were given up: what they were, and sending them again.</summary>
internal static class WebhookEndpoints
{
    public static void MapWebhooks(this IEndpointRouteBuilder app)
    {
        app.MapGet("/v1/webhooks/dead", ListAsync).IdentifyClient();
        app.MapPost("/v1/webhooks/dead/{id}/replay", ReplayAsync).IdentifyClient();
    }

    private static async Task ListAsync(HttpContext context, IServiceProvider services)
    {
        var client = Owner(context);
        var dead = services.GetService<RedisDeliveries>() is { } deliveries ? await deliveries.ListDeadAsync(client) : [];
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(new(dead), DeadDeliveryJson.Default.DeadDeliveryList, contentType: null, context.RequestAborted);
    }

    private static async Task ReplayAsync(HttpContext context, string id, IServiceProvider services)
    {
        var client = Owner(context);
        if (services.GetService<RedisDeliveries>() is not { } deliveries || !await deliveries.ReplayAsync(client, id))
            throw Problem.NotFound("There is no such delivery, or it is not kept any more.").AsException();
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static string Owner(HttpContext context) => context.GetClient() is { IsAnonymous: false } client ? client.Id : throw QueueProblems.ListsNeedKeys().AsException();
}

/// <summary>The latest hundred deliveries of a client that were given up.</summary>
internal sealed record DeadDeliveryList(IReadOnlyList<DeadDelivery> Data);

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(DeadDeliveryList))]
internal sealed partial class DeadDeliveryJson : JsonSerializerContext;
