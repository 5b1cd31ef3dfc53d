using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Telemetry;
using StackExchange.Redis;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>
/// Masks in Redis, for all gateways. Calls to Redis have a short timeout; after a failure a circuit breaker is open for a while. A failure is a
/// miss. An entry begins with the SHA-256 of its key and its mask, so that one
/// that is damaged, or lies under another's key, is a miss too.
/// </summary>
internal sealed partial class RedisMasks(
    IDistributedCache redis, RedisCacheBudget budget, IOptions<CacheOptions> options, GatewayMetrics metrics, TimeProvider time, ILogger<RedisMasks> logger)
{
    /// <summary>Writes that may wait at a time; more are not worth their memory.</summary>
    private const int MaxWrites = 64;

    private readonly DistributedCacheEntryOptions _entry = new() { AbsoluteExpirationRelativeToNow = options.Value.MaskLifetime };
    private long _openUntil = long.MinValue;
    private int _writes;

    public async Task<Mask?> FindAsync(MaskKey key, CancellationToken cancellationToken)
    {
        if (await GuardAsync(limit => redis.GetAsync(key.Value, limit), cancellationToken) is not { } entry) return null;
        if (entry.Length > SHA256.HashSizeInBytes && entry[SHA256.HashSizeInBytes..] is var content && Checksum(key, content).AsSpan().SequenceEqual(entry.AsSpan(0, SHA256.HashSizeInBytes)))
            return new(key.Version, content);
        Log.Damaged(logger, key.Value);
        metrics.MaskCache("error", "redis");
        return null;
    }

    public async Task StoreAsync(MaskKey key, Mask mask)
    {
        try
        {
            if (Interlocked.Increment(ref _writes) > MaxWrites) return;
            byte[] entry = [.. Checksum(key, mask.Content), .. mask.Content];
            await GuardAsync(async limit =>
            {
                if (await budget.ReserveAsync(key.Value, entry.Length)) await redis.SetAsync(key.Value, entry, _entry, limit);
                return entry;
            }, CancellationToken.None);
        }
        finally
        {
            Interlocked.Decrement(ref _writes);
        }
    }

    /// <summary>Its bytes stay in the ledger of the budget until they would have expired.</summary>
    public Task RemoveAsync(MaskKey key) => GuardAsync(async limit =>
    {
        await redis.RemoveAsync(key.Value, limit);
        return null;
    }, CancellationToken.None);

    private async Task<byte[]?> GuardAsync(Func<CancellationToken, Task<byte[]?>> use, CancellationToken caller)
    {
        if (time.GetTimestamp() < Volatile.Read(ref _openUntil)) return null;
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
            if (Interlocked.Exchange(ref _openUntil, until) < time.GetTimestamp()) Log.BreakerOpened(logger, options.Value.RedisBreakDuration, failure.Message);
        }
        metrics.MaskCache("error", "redis");
        return null;
    }

    private static byte[] Checksum(MaskKey key, byte[] content) => SHA256.HashData([.. Encoding.ASCII.GetBytes(key.Value), .. content]);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis failed and is not asked for {Duration}: masks are kept in memory only ({Reason})")]
        public static partial void BreakerOpened(ILogger logger, TimeSpan duration, string reason);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Redis refused: {Reason}")]
        public static partial void Refused(ILogger logger, string reason);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Entry {Key} in Redis is damaged or not a mask of ours: the model runs again")]
        public static partial void Damaged(ILogger logger, string key);
    }
}
