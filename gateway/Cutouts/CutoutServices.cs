using Microsoft.Extensions.Caching.StackExchangeRedis;
using Microsoft.Extensions.Options;
using Rembg.Contract.Hosting;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Cutouts.Caching;
using Rembg.Gateway.Cutouts.Uploads;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Redis;
using StackExchange.Redis;

namespace Rembg.Gateway.Cutouts;

public static class CutoutServices
{
    public static void AddCutouts(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddOptions<UploadOptions>(UploadOptions.Section);
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<UploadOptions>>().Value.ToTurns());
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<UploadOptions>>().Value.ToBudget(provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ImageFetcher>();
        services.AddSingleton<UploadReader>();

        AddCache(builder);
        services.AddSingleton<RequestCoalescer<Cutout>>();
        services.AddSingleton<CutoutService>();
    }

    private static void AddCache(WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddOptions<CacheOptions>(CacheOptions.Section);
        services.AddOptions<CacheOptions>().PostConfigure<IOptions<ClientOptions>>((cache, clients) =>
            cache.Scope ??= clients.Value.KeysRequired ? CacheScope.PerClient : CacheScope.Shared);
        services.AddSingleton<CutoutCache>();
        services.AddSingleton<MaskCache>();
        services.AddSingleton<CacheErasure>().AddHostedService(provider => provider.GetRequiredService<CacheErasure>());
        if (!builder.HasRedis()) return;

        services.AddSingleton<RedisCacheBudget>();
        services.AddSingleton<RedisMasks>();
        services.AddStackExchangeRedisCache(_ => { });
        services.AddOptions<RedisCacheOptions>().Configure<IServiceProvider>((redis, provider) =>
        {
            redis.InstanceName = RedisCacheBudget.Prefix;
            // Opened off the request's path: an unreachable Redis takes seconds to say so.
            redis.ConnectionMultiplexerFactory = () => Task.Run(() => provider.GetRequiredKeyedService<IConnectionMultiplexer>(RedisServices.Values));
        });
    }
}
