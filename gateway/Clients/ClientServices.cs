using Microsoft.AspNetCore.Authentication;
using Rembg.Contract.Hosting;
using Rembg.Gateway.Clients.Keys;
using Rembg.Gateway.Clients.Limits;
using Rembg.Gateway.Redis;

namespace Rembg.Gateway.Clients;

/// <summary>Wires up who asks and how much they may ask for.</summary>
public static class ClientServices
{
    public static void AddClients(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddOptions<ClientOptions>(ClientOptions.Section);
        services.AddSingleton<ApiKeyStore>();
        services.AddHostedService<KeysFile>();
        services.AddAuthentication(ApiKeyHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        services.AddAuthorization();
        // It logs each refusal; whoever sends wrong keys in a loop must not fill the log. The metric counts them.
        builder.Logging.AddFilter(typeof(ApiKeyHandler).FullName, LogLevel.Warning);

        services.AddSingleton<LimitMetrics>();
        services.AddSingleton<FailedAuthLimiter>();
        services.AddSingleton<ClientLimits>();
        if (!builder.HasRedis()) return;
        services.AddSingleton<RedisCircuitBreaker>();
        services.AddSingleton<SharedBuckets>();
    }

    /// <summary>After routing: what is asked of a client depends on the endpoint.</summary>
    public static void UseClients(this WebApplication app)
    {
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseMiddleware<LimitMiddleware>();
    }

    /// <summary>For endpoints that do work: a valid key where keys are on, and the client's plan is charged.</summary>
    public static TBuilder RequireClient<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.IdentifyClient().WithMetadata(new LimitedByPlan(IsCharged: true));

    /// <summary>For endpoints that send much but compute nothing: a valid key where keys are on, and a place of the client's plan, but no token.</summary>
    public static TBuilder RequirePlace<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.IdentifyClient().WithMetadata(new LimitedByPlan(IsCharged: false));

    /// <summary>For endpoints that only tell a client about its own: a valid key where keys are on, and <c>Clients:Reads</c> as for all that no plan limits.</summary>
    public static TBuilder IdentifyClient<TBuilder>(this TBuilder endpoint) where TBuilder : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization();
}
