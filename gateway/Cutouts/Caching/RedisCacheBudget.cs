using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>
/// Keeps the cache in Redis within <see cref="CacheOptions.RedisMaxBytes"/>. Redis itself must evict nothing, because tasks lie beside
/// the cache: with <c>volatile-ttl</c> it threw away 10 of 10 results of tasks that nobody had fetched yet (issue 14).
/// </summary>
internal sealed class RedisCacheBudget(IConnectionMultiplexer redis, IOptions<CacheOptions> options)
{
    /// <summary>What the cache's keys begin with.</summary>
    public const string Prefix = "rembg:cache:";

    private static readonly RedisKey[] Ledger = ["rembg:{cache}:ledger", "rembg:{cache}:bytes"];
    private static readonly string Script = ReadScript();

    /// <summary>Counts an entry that is about to be written, and deletes those that give way to it.</summary>
    /// <returns>False: it is larger than the whole budget.</returns>
    public async Task<bool> ReserveAsync(string key, long bytes)
    {
        var database = redis.GetDatabase();
        var answer = (RedisResult[])(await database.ScriptEvaluateAsync(Script, Ledger, [key, bytes, (long)options.Value.MaskLifetime.TotalMilliseconds, options.Value.RedisMaxBytes]))!;
        foreach (var gone in answer.Skip(1)) await database.KeyDeleteAsync(Prefix + (string)gone!, CommandFlags.FireAndForget);
        return (bool)answer[0];
    }

    private static string ReadScript()
    {
        using var stream = typeof(RedisCacheBudget).Assembly.GetManifestResourceStream("ReserveCacheBytes.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
