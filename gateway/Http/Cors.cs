using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.Options;
using Rembg.Contract;

namespace Rembg.Gateway.Http;

/// <summary>
/// Which pages of other origins may use the API from a browser: by default all, as with rembg's server and remove.bg. Cookies
/// are never let through: the API has none, and a key is sent by the page itself.
/// </summary>
internal static class Cors
{
    /// <summary>How long a browser may remember that it may ask. Chromium keeps it for two hours at most.</summary>
    private static readonly TimeSpan PreflightLifetime = TimeSpan.FromHours(2);

    /// <summary>All that an answer may say and a browser hides from a script unless told not to.</summary>
    private static readonly string[] ExposedHeaders =
    [
        "ETag", "Location", "Retry-After", "WWW-Authenticate", RequestId.Header, "X-Cache", "Idempotent-Replayed", "RateLimit", "RateLimit-Policy",
        PodHeaders.ServerTiming, PodHeaders.Width, PodHeaders.Height, PodHeaders.MaxWidth, PodHeaders.MaxHeight, PodHeaders.Foreground, PodHeaders.Uncertainty, "X-Frames", "X-Model",
        // remove.bg's
        "X-Type", "X-Foreground-Top", "X-Foreground-Left", "X-Foreground-Width", "X-Foreground-Height", "X-Credits-Charged",
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    ];

    public static void Configure(CorsOptions cors, IOptions<EdgeOptions> edge)
    {
        var origins = edge.Value.CorsOrigins;
        cors.AddDefaultPolicy(policy =>
        {
            policy.AllowAnyMethod().AllowAnyHeader().WithExposedHeaders(ExposedHeaders).SetPreflightMaxAge(PreflightLifetime);
            if (edge.Value.AllowsAnyOrigin) policy.AllowAnyOrigin();
            else if (origins is not [EdgeOptions.NoOrigin]) policy.WithOrigins([.. origins]);
        });
    }
}
