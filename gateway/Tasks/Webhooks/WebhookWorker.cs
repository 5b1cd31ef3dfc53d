using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tasks.Redis;

namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>
/// Sends what is due, some clients at once: each client's webhooks are one gateway's for a turn, so a receiver that does not answer costs
/// its own client's turn and nobody else's. What a gateway that died was sending is due again when its turn's lease is over.
/// </summary>
internal sealed partial class WebhookWorker(
    RedisDeliveries deliveries, WebhookSender sender, TaskSignals signals, TaskMetrics metrics, Random random,
    IOptions<WebhookOptions> options, IOptions<TaskOptions> tasks, TimeProvider time, ILogger<WebhookWorker> logger) : BackgroundService
{
    private readonly WebhookOptions _options = options.Value;
    private readonly ConcurrentDictionary<Task, byte> _turns = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var poll = time.CreateTimer(_ => signals.Deliveries.Set(), null, TimeSpan.Zero, tasks.Value.PollEvery);
        try
        {
            while (true)
            {
                await signals.Deliveries.WaitAsync(stoppingToken);
                await GuardAsync(() => TakeAsync(stoppingToken));
            }
        }
        catch (OperationCanceledException)
        {
        }
        await Task.WhenAll(_turns.Keys);
    }

    private async Task TakeAsync(CancellationToken stopping)
    {
        while (_turns.Count < _options.MaxClients && await deliveries.TakeAsync() is { } turn)
        {
            var running = GuardAsync(() => SendAsync(turn, stopping));
            _turns.TryAdd(running, 0);
            _ = running.ContinueWith(done =>
            {
                _turns.TryRemove(done, out _);
                signals.Deliveries.Set();
            }, TaskScheduler.Default);
        }
    }

    private async Task SendAsync(DeliveryTurn turn, CancellationToken stopping)
    {
        await Task.WhenAll(turn.Deliveries.Select(delivery => SendAsync(delivery, stopping)));
        await deliveries.EndTurnAsync(turn.Client);
    }

    private async Task SendAsync(Delivery delivery, CancellationToken stopping)
    {
        var result = await sender.SendAsync(delivery, stopping);
        var attempts = delivery.Attempts + 1;
        if (result.IsDelivered)
        {
            await deliveries.DeliveredAsync(delivery);
            metrics.CountWebhook("delivered");
        }
        else if (result.MayRetry && attempts < _options.MaxAttempts)
        {
            await deliveries.RetryAsync(delivery, result.Reason, _options.DelayAfter(attempts, random.NextDouble()));
            metrics.CountWebhook("retried");
        }
        else
        {
            await deliveries.GiveUpAsync(delivery, result.Reason);
            metrics.CountWebhook("dead");
            Log.GivenUp(logger, delivery.Id, attempts, result.Reason);
        }
    }

    /// <summary>Whatever comes in the way, the gateway must not end of it: what was not said to be delivered is sent again.</summary>
    private async Task GuardAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception exception) when (exception is ProblemException or OperationCanceledException)
        {
            // The store does not answer, or this gateway stops.
        }
        catch (Exception exception)
        {
            Log.Unexpected(logger, exception);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Webhook {Id} was given up after {Attempts} attempts: {Reason}")]
        public static partial void GivenUp(ILogger logger, string id, int attempts, string reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected error while sending webhooks")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
