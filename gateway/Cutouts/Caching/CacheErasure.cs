using Microsoft.Extensions.Options;
using Rembg.Contract.Cutouts;
using Rembg.Gateway.Pods;
using StackExchange.Redis;

namespace Rembg.Gateway.Cutouts.Caching;

/// <summary>
/// Lets go of what the caches keep of an image whose task is deleted: here, in Redis, and in the memory of the other gateways, which are told by a
/// message. One that misses the message (its connection to Redis is broken) keeps its copy for the entry's lifetime. Where clients share
/// their entries nothing is erased: another client may have sent the same image.
/// </summary>
internal sealed class CacheErasure(
    CutoutCache cutouts, MaskCache masks, ModelCatalog models, IOptions<CacheOptions> options, IServiceProvider services) : IHostedService
{
    private static readonly RedisChannel Channel = RedisChannel.Literal("rembg:{cache}:erase");
    private readonly ISubscriber? _redis = services.GetService<IConnectionMultiplexer>()?.GetSubscriber();

    /// <summary>Fire and forget: Redis may not be there yet, and the library subscribes when it is.</summary>
    public Task StartAsync(CancellationToken cancellationToken) =>
        _redis?.SubscribeAsync(Channel, (_, message) => Erase(message.ToString()), CommandFlags.FireAndForget) ?? Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <param name="cutout">Value of the <see cref="CutoutKey"/>; null for a cutout that is kept under none.</param>
    /// <param name="mask"><see cref="CutoutIdentity.MaskValue"/>; null where the task was made by a gateway that did not note it.</param>
    /// <param name="asked">The task's options.</param>
    public async Task EraseAsync(string? cutout, string? mask, CutoutOptions asked)
    {
        if (options.Value.Scope != CacheScope.PerClient) return;
        MaskKey[] keys = mask is null || !models.TryFind(asked.Model, out var model) ? [] : [.. model.MaskVersions.Select(version => CutoutIdentity.MaskUnder(mask, version))];
        await masks.RemoveFromRedisAsync(keys);
        // Masks first: a cutout that is drawn with one in between would be kept again.
        foreach (var message in (string[])[.. keys.Select(key => $"mask {key.Value} {key.Version}"), .. cutout is null ? [] : (string[])[$"cutout {cutout}"]])
        {
            Erase(message);
            _redis?.Publish(Channel, message, CommandFlags.FireAndForget);
        }
    }

    private void Erase(string message)
    {
        switch (message.Split(' '))
        {
            case ["cutout", var value]:
                cutouts.Remove(new(value));
                break;
            case ["mask", var value, var version]:
                masks.RemoveFromMemory(new(value, version));
                break;
        }
    }
}
