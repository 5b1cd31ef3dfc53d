using Rembg.Contract.Problems;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway.Http;

/// <summary>Counts and times every request, by the pattern of its route: a path that a client makes up must not become a label.</summary>
internal sealed class RequestMeter(RequestDelegate next, GatewayMetrics metrics, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "none";
            metrics.Request(route, context.GetEndStatus(), time.GetElapsedTime(started));
        }
    }
}
