namespace Rembg.Gateway.Clients.Limits;

/// <summary>
/// A circuit breaker: once Redis has failed, one request a second asks it and the others do not wait for it. Each
/// outage is one warning, however many requests it meets.
/// </summary>
internal sealed partial class RedisCircuitBreaker(TimeProvider clock, ILogger<RedisCircuitBreaker> logger)
{
    private const long None = 0;
    private readonly long _pause = clock.TimestampFrequency;
    private long _nextProbe = None;

    /// <param name="isProbe">True for the one request that finds out whether the outage is over.</param>
    public bool AllowRequest(out bool isProbe)
    {
        var next = Volatile.Read(ref _nextProbe);
        var now = clock.GetTimestamp();
        isProbe = next != None && now >= next && Interlocked.CompareExchange(ref _nextProbe, now + _pause, next) == next;
        return next == None || isProbe;
    }

    public void Begin(Exception cause)
    {
        if (Interlocked.Exchange(ref _nextProbe, clock.GetTimestamp() + _pause) == None) Log.Began(logger, cause.GetType().Name, cause.Message);
    }

    public void End()
    {
        if (Interlocked.Exchange(ref _nextProbe, None) != None) Log.Ended(logger);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis does not answer; until it does, every gateway limits its clients alone: {Error} {Reason}")]
        public static partial void Began(ILogger logger, string error, string reason);

        [LoggerMessage(Level = LogLevel.Information, Message = "Redis answers again; limits hold across gateways")]
        public static partial void Ended(ILogger logger);
    }
}
