using System.Buffers;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Telemetry;
using StackExchange.Redis;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>
/// Redis as a cache may use it: it has a short time to answer, is left alone for a while after it failed, and a
/// failure is a miss. One request in a while finds out whether it is back.
/// </summary>
internal sealed partial class GuardedRedis(
    IBufferDistributedCache redis, RedisCacheBudget budget, IOptions<CacheOptions> options, GatewayMetrics metrics, TimeProvider time, ILogger<GuardedRedis> logger) : IBufferDistributedCache
{
    private long _restsUntil = long.MinValue;

    public async ValueTask<bool> TryGetAsync(string key, IBufferWriter<byte> destination, CancellationToken token = default)
    {
        // A late answer must not write into a buffer that its owner has taken back.
        var own = new ArrayBufferWriter<byte>();
        if (!await GuardAsync(limit => redis.TryGetAsync(key, own, limit).AsTask(), token)) return false;
        destination.Write(own.WrittenSpan);
        return true;
    }

    public async ValueTask SetAsync(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions entry, CancellationToken token = default)
    {
        // The same the other way round: the owner reuses its buffer when we return.
        var own = value.ToArray();
        await GuardAsync(async limit =>
        {
            if (!await budget.ReserveAsync(key, own.Length)) return false;
            await redis.SetAsync(key, new ReadOnlySequence<byte>(own), entry, limit);
            return true;
        }, token);
    }

    private async Task<bool> GuardAsync(Func<CancellationToken, Task<bool>> use, CancellationToken caller)
    {
        if (time.GetTimestamp() < Volatile.Read(ref _restsUntil)) return false;
        try
        {
            using var limit = new CancellationTokenSource(options.Value.RedisTimeout, time);
            return await use(limit.Token).WaitAsync(options.Value.RedisTimeout, time, caller);
        }
        catch (RedisServerException refused)
        {
            // It answers, but says no: full, or loading. Reads may still work.
            Log.Refused(logger, refused.Message);
        }
        catch (Exception failure) when (!caller.IsCancellationRequested)
        {
            var until = time.GetTimestamp() + (long)(options.Value.RedisBreakDuration.TotalSeconds * time.TimestampFrequency);
            if (Interlocked.Exchange(ref _restsUntil, until) < time.GetTimestamp()) Log.Rests(logger, options.Value.RedisBreakDuration, failure.Message);
        }
        metrics.Cache("error", "redis");
        return false;
    }

    // HybridCache uses the members above; these complete the interface.
    public byte[]? Get(string key) => throw new NotSupportedException();
    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => throw new NotSupportedException();
    public void Refresh(string key) => throw new NotSupportedException();
    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException();
    public void Remove(string key) => throw new NotSupportedException();
    public Task RemoveAsync(string key, CancellationToken token = default) => throw new NotSupportedException();
    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException();
    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) => throw new NotSupportedException();
    public bool TryGet(string key, IBufferWriter<byte> destination) => throw new NotSupportedException();
    public void Set(string key, ReadOnlySequence<byte> value, DistributedCacheEntryOptions options) => throw new NotSupportedException();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis is left alone for {Rest}: the cache goes on in memory ({Reason})")]
        public static partial void Rests(ILogger logger, TimeSpan rest, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Redis refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);
    }
}
