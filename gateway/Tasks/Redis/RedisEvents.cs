using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using StackExchange.Redis;

namespace Rembg.Gateway.Tasks.Redis;

/// <summary>
/// Reads the outbox of events and wakes who watches a task. A message says that there is something new; when it is lost with the
/// connection, or the user may not read channels, the next look finds the event all the same.
/// </summary>
internal sealed partial class RedisEvents(
    IConnectionMultiplexer control, TaskSignals signals, IOptions<TaskOptions> options, TimeProvider time, ILogger<RedisEvents> logger) : BackgroundService
{
    /// <summary>Of one call of ReadEvents.</summary>
    private const int MaxEvents = 1000;

    private readonly Signal _news = new();
    private readonly string _scriptOptions = RedisTaskOptions.Json(options.Value);
    private string _last = "";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Fire and forget: Redis may not be there yet, and the library subscribes when it is.
        var redis = control.GetSubscriber();
        redis.Subscribe(TaskKeys.WorkChannel, (_, _) => signals.Work.Set(), CommandFlags.FireAndForget);
        redis.Subscribe(TaskKeys.EventChannel, (_, _) => _news.Set(), CommandFlags.FireAndForget);

        await using var poll = time.CreateTimer(_ => _news.Set(), null, TimeSpan.Zero, options.Value.PollEvery);
        while (true)
        {
            await _news.WaitAsync(stoppingToken);
            await ReadAsync();
        }
    }

    private async Task ReadAsync()
    {
        try
        {
            RedisResult[] read;
            do
            {
                read = (RedisResult[])(await TaskScript.ReadEvents.RunAsync(control.GetDatabase(), _scriptOptions, _last))!;
                _last = (string)read[0]!;
                if ((bool)read[1]) signals.ChangedAny();
                foreach (var task in read[2..]) signals.Changed((string)task!);
                if (read.Length > 2) signals.Deliveries.Set();
            }
            while (read.Length - 2 >= MaxEvents);
        }
        catch (ProblemException)
        {
            // The store does not answer. The events are still there when it does.
        }
        catch (Exception exception)
        {
            Log.Unexpected(logger, exception); // the next look tries again; the gateway must not end of it
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected error while reading events of tasks")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
