namespace Rembg.Gateway.Tasks.Memory;

/// <summary>Says once what tasks in memory do not survive.</summary>
internal sealed partial class MemoryNotice(ILogger<MemoryNotice> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Log.InMemory(logger);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Tasks are kept in this process: they do not survive its end, and other gateways do not see them. Set ConnectionStrings:Redis for tasks that do")]
        public static partial void InMemory(ILogger logger);
    }
}
