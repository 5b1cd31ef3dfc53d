using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;
using Rembg.Contract.Hosting;

namespace Rembg.Gateway.Http;

/// <summary>Limits against slow, endless and lying clients, and what every answer says.</summary>
public static class EdgeServices
{
    public static void AddEdge(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddOptions<EdgeOptions>(EdgeOptions.Section);
        services.AddOptions<KestrelServerOptions>().Configure<IOptions<EdgeOptions>>(Limit);
        services.Configure<SocketTransportOptions>(sockets => sockets.CreateBoundListenSocket = Listen);
        services.AddSingleton<TrustedProxies>();
        services.AddSingleton<ConnectionLimiter>();
        services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<EdgeOptions>, TrustedProxies>(Trust);
        services.AddSingleton<IHttpContextFactory>(provider => ActivatorUtilities.CreateInstance<TraceTrust>(provider, new DefaultHttpContextFactory(provider)));
        services.AddCors();
        services.AddOptions<CorsOptions>().Configure<IOptions<EdgeOptions>>(Cors.Configure);
    }

    /// <summary>For the service port: how many connections there may be.</summary>
    public static void LimitConnections(ListenOptions listen) =>
        listen.Use(listen.ApplicationServices.GetRequiredService<ConnectionLimiter>().Limit);

    public static void UseEdge(this WebApplication app)
    {
        app.Use(ConnectionLimiter.TrackRequests);
        app.Use(SecurityHeaders);
        app.UseCors(); // before anything that refuses, so that a browser's script can read why
        app.UseMiddleware<RequestId>();
        app.UseForwardedHeaders();
        app.UseMiddleware<RequestDeadlineMiddleware>();
    }

    private static void Limit(KestrelServerOptions kestrel, IOptions<EdgeOptions> edge)
    {
        var limits = kestrel.Limits;
        limits.MinRequestBodyDataRate = limits.MinResponseDataRate = new(edge.Value.MinBytesPerSecond, edge.Value.SlowFor);
        limits.RequestHeadersTimeout = edge.Value.HeadersTimeout;
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        limits.MaxRequestBufferSize = 256 << 10; // a connection reads no further ahead of its request than this
        limits.MaxRequestHeaderCount = 50;
        limits.MaxRequestHeadersTotalSize = 16 << 10;
        limits.Http2.MaxStreamsPerConnection = 32;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
    }

    /// <summary>
    /// The system takes in no more than this beyond what is on its way to a client; otherwise it takes megabytes for each one that
    /// does not read, and nobody can tell how fast that client reads. What is on its way is not limited, so nobody's rate is either.
    /// </summary>
    private static Socket Listen(EndPoint address)
    {
        const int ipProtocolTcp = 6, tcpNotSentLowWater = 25, unsentBytes = 64 << 10;
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(ipProtocolTcp, tcpNotSentLowWater, BitConverter.GetBytes(unsentBytes)); // accepted ones inherit it
        return socket;
    }

    private static void Trust(ForwardedHeadersOptions forwarded, IOptions<EdgeOptions> edge, TrustedProxies proxies)
    {
        forwarded.ForwardedHeaders = edge.Value.TrustedProxies.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        forwarded.ForwardLimit = null; // as many as are trusted
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in proxies.Networks) forwarded.KnownIPNetworks.Add(network);
    }

    private static Task SecurityHeaders(HttpContext context, RequestDelegate next)
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers["Cross-Origin-Resource-Policy"] = "same-origin"; // of pictures in others' pages; scripts that may ask are let in by Cors
            if (headers.ContentSecurityPolicy.Count == 0) headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'"; // a page brings its own
            return Task.CompletedTask;
        });
        return next(context);
    }
}
