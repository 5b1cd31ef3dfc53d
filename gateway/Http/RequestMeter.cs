using Rembg.Contract.Problems;
using Rembg.Gateway.Clients.Limits;
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
            var endpoint = context.GetEndpoint() as RouteEndpoint;
            var isForCutouts = endpoint?.Metadata.GetMetadata<LimitedByPlan>() is { IsCharged: true };
            metrics.Request(endpoint?.RoutePattern.RawText ?? "none", isForCutouts, context.GetEndStatus(), time.GetElapsedTime(started));
        }
    }
}
