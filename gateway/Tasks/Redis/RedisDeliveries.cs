using Microsoft.Extensions.Options;
using Rembg.Gateway.Tasks.Webhooks;
using StackExchange.Redis;
using static Rembg.Gateway.Tasks.Redis.RedisTaskOptions;
using static Rembg.Gateway.Tasks.Redis.TaskScript;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>Webhooks that wait to be sent. The script that ends a task puts them there; <c>TaskQueue.lua</c> says how they lie.</summary>
internal sealed class RedisDeliveries(IConnectionMultiplexer control, IOptions<TaskOptions> tasks, IOptions<WebhookOptions> webhooks)
{
    /// <summary>Beyond the time of an attempt: what Redis and a busy machine may take.</summary>
    private static readonly TimeSpan LeaseReserve = TimeSpan.FromSeconds(10);

    private readonly IDatabase _redis = control.GetDatabase();
    private readonly string _scriptOptions = RedisTaskOptions.Json(tasks.Value);
    private readonly WebhookOptions _options = webhooks.Value;

    /// <summary>The turn of the client that has waited longest; null when nothing is due.</summary>
    public async Task<DeliveryTurn?> TakeAsync()
    {
        var turn = await RunAsync(TakeDeliveries, Microseconds(_options.Timeout + LeaseReserve), _options.MaxConcurrentPerClient, _options.MaxConcurrentPerHost);
        return turn.IsNull ? null : new((string)turn[0]!, [.. ((RedisResult[])turn!)[1..].Select(row => Read((RedisResult[])row!))]);
    }

    /// <summary>Its client is taken again when the next of its deliveries is due.</summary>
    public Task EndTurnAsync(string client) => RunAsync(EndTurn, client);

    public Task DeliveredAsync(Delivery delivery) => RunAsync(EndDelivery, delivery.Id, "delivered", "", 0);

    public Task RetryAsync(Delivery delivery, string reason, TimeSpan delay) => RunAsync(EndDelivery, delivery.Id, "retry", reason, Microseconds(delay));

    public Task GiveUpAsync(Delivery delivery, string reason) => RunAsync(EndDelivery, delivery.Id, "dead", reason, 0);

    /// <summary>The latest hundred of a client.</summary>
    public async Task<IReadOnlyList<DeadDelivery>> ListDeadAsync(string client) =>
        [.. ((RedisResult[])(await RunAsync(ListDeadDeliveries, client))!).Select(row => ReadDead((RedisResult[])row!))];

    /// <summary>With all its attempts again. False when there is none of this client by that id.</summary>
    public async Task<bool> ReplayAsync(string client, string id) => (bool)await RunAsync(ReplayDelivery, client, id);

    private static Delivery Read(RedisResult[] row)
    {
        var (id, fields) = ((string)row[0]!, TaskHash.Fields(row[1]));
        if (IsOfBatch(id))
        {
            var batch = RedisBatches.Read(SourceOf(id), fields, images: []);
            return new(id, batch.Request.Client, batch.Request.IsAnonymous, batch.Request.Webhook!.Url, WebhookMessage.Of(batch), (int)row[2]);
        }
        var task = TaskHash.Read(SourceOf(id), [row[1]]);
        return new(id, task.Request.Client, task.Request.IsAnonymous, task.Request.Webhook!.Url, WebhookMessage.Of(task), (int)row[2]);
    }

    private static DeadDelivery ReadDead(RedisResult[] row)
    {
        var delivery = Read(row);
        return new(delivery.Id, delivery.Message.Type, SourceOf(delivery.Id), delivery.Url, delivery.Attempts, (string)row[3]!, TaskHash.Time((RedisValue)row[4]));
    }

    /// <summary>A delivery's id is its task's, a dot, and that of the event; or its batch's, a dot, and "batch".</summary>
    private static string SourceOf(string delivery) => delivery[..delivery.IndexOf('.', StringComparison.Ordinal)];

    private static bool IsOfBatch(string delivery) => delivery.EndsWith(".batch", StringComparison.Ordinal);

    private Task<RedisResult> RunAsync(TaskScript script, params RedisValue[] arguments) => script.RunAsync(_redis, _scriptOptions, arguments);
}
