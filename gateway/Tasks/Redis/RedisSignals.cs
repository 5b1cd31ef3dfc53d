using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>Passes on what the scripts publish. Messages may get lost with the connection; who waits for them looks now and then anyway.</summary>
internal sealed class RedisSignals(IConnectionMultiplexer control, TaskSignals signals) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Fire and forget: Redis may not be there yet, and the library subscribes when it is.
        var redis = control.GetSubscriber();
        redis.Subscribe(TaskKeys.WorkChannel, (_, _) => signals.Work(), CommandFlags.FireAndForget);
        redis.Subscribe(TaskKeys.EndChannel, (_, id) => signals.Ended(id.ToString()), CommandFlags.FireAndForget);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
