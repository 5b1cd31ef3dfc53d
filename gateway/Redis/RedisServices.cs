using StackExchange.Redis;

namespace Rembg.Gateway.Redis;

/// <summary>
/// The connection for control traffic (limits, tasks): small commands that large values on the same connection would
/// delay. Values of megabytes take a connection of their own.
/// </summary>
public static class RedisServices
{
    /// <summary>Key of the <see cref="IConnectionMultiplexer"/> for values of megabytes.</summary>
    public const string Values = "values";

    /// <summary>A burst of uploads is hundreds of megabytes, and the last one's answer comes after all of them.</summary>
    private static readonly TimeSpan ValuesTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Whether <c>ConnectionStrings:Redis</c> is set; without it all state lives in this process.</summary>
    public static bool HasRedis(this WebApplicationBuilder builder) => !string.IsNullOrEmpty(ConnectionString(builder));

    /// <summary>The connections, each opened when first asked for, whether or not Redis is there yet.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">The connection string is not one.</exception>
    public static void AddRedis(this WebApplicationBuilder builder)
    {
        if (!builder.HasRedis()) return;
        var options = RedisConnectionString.Parse(ConnectionString(builder)!);
        builder.Services.AddTransient<PrimaryFollower>();
        builder.Services.AddSingleton<IConnectionMultiplexer>(services => Connect(services, options.Clone(), "rembg-gateway-control"));
        builder.Services.AddKeyedSingleton<IConnectionMultiplexer>(Values, (services, _) => Connect(services, options.Clone(), "rembg-gateway-values", ValuesTimeout));
    }

    private static ConnectionMultiplexer Connect(IServiceProvider services, ConfigurationOptions options, string name, TimeSpan? timeout = null)
    {
        options.AbortOnConnectFail = false;
        options.ClientName = name;
        // Without a connection commands fail at once instead of waiting for one, and the start waits 2 s at most.
        options.BacklogPolicy = BacklogPolicy.FailFast;
        options.ConnectTimeout = 2000;
        options.ConnectRetry = 1;
        options.ReconnectRetryPolicy = new LinearRetry(1000);
        if (timeout is { } given) options.AsyncTimeout = (int)given.TotalMilliseconds;

        var follower = services.GetRequiredService<PrimaryFollower>();
        follower.Attach(options);
        var connection = ConnectionMultiplexer.Connect(options);
        follower.Follow(connection);
        return connection;
    }

    private static string? ConnectionString(WebApplicationBuilder builder) => builder.Configuration.GetConnectionString("Redis");
}
