using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Http;

/// <summary>What every answer tells browsers.</summary>
internal sealed class SecurityHeaders(RequestDelegate next, IOptions<EdgeOptions> options)
{
    // Whether another site may show a cutout in <img>: where its scripts may ask for one, it may.
    private readonly string _resourcePolicy = options.Value.AllowsAnyOrigin ? "cross-origin" : "same-origin";

    public Task InvokeAsync(HttpContext context)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Resource-Policy"] = _resourcePolicy;
            if (headers.ContentSecurityPolicy.Count == 0) headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'"; // a page brings its own
            return Task.CompletedTask;
        });
        return next(context);
    }
}
