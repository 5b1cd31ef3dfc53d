using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Http;

/// <summary>The path under which the outside reaches the service: <c>X-Forwarded-Prefix</c> of a trusted proxy, else <see cref="EdgeOptions.PathBase"/>.</summary>
internal sealed class PathPrefix(RequestDelegate next, IOptions<EdgeOptions> options)
{
    private readonly PathString _configured = new(options.Value.PathBase);

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (!request.PathBase.HasValue) request.PathBase = _configured;
        // Some proxies remove the prefix, some leave it.
        if (request.PathBase.HasValue && request.Path.StartsWithSegments(request.PathBase, out var rest)) request.Path = rest.HasValue ? rest : "/";
        return next(context);
    }
}
