using Microsoft.AspNetCore.Http.Features;

namespace Rembg.Gateway.Http;

/// <summary>
/// Takes the trace headers off requests that do not come from a trusted proxy. A client's trace would decide what is
/// sampled, and its baggage would reach the pods. Hosting and OpenTelemetry read these headers before any middleware
/// runs, so this is done where the context of a request is made.
/// </summary>
internal sealed class TraceTrust(IHttpContextFactory contexts, TrustedProxies proxies) : IHttpContextFactory
{
    /// <summary>W3C's, and those that .NET used before.</summary>
    private static readonly string[] TraceHeaders = ["traceparent", "tracestate", "baggage", "Request-Id", "Correlation-Context"];

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        if (!proxies.Contain(featureCollection.Get<IHttpConnectionFeature>()?.RemoteIpAddress))
        {
            var headers = featureCollection.GetRequiredFeature<IHttpRequestFeature>().Headers;
            foreach (var name in TraceHeaders) headers.Remove(name);
        }
        return contexts.Create(featureCollection);
    }

    public void Dispose(HttpContext httpContext) => contexts.Dispose(httpContext);
}
