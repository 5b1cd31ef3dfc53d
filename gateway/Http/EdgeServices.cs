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
        app.UseMiddleware<SecurityHeaders>();
        app.UseCors(); // before anything that refuses, so that a browser's script can read why
        app.UseMiddleware<RequestId>();
        app.UseMiddleware<HeaderLimit>();
        app.Use(AnswerHeadAsGet);
        app.UseForwardedHeaders();
        app.UseMiddleware<PathPrefix>();
        app.UseMiddleware<RequestDeadlineMiddleware>();
    }

    /// <summary>For balancers that reach no other port. It says nothing else; the reasons are on the management port.</summary>
    public static void MapHealth(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<EdgeOptions>>().Value.Health) return;
        app.MapGet("/healthz", (IHostApplicationLifetime lifetime, HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-store";
            return lifetime.ApplicationStopping.IsCancellationRequested ? TypedResults.Text("stopping", statusCode: StatusCodes.Status503ServiceUnavailable) : TypedResults.Text("ok");
        }).ExcludeFromDescription();
    }

    private static void Limit(KestrelServerOptions kestrel, IOptions<EdgeOptions> edge)
    {
        var limits = kestrel.Limits;
        limits.MinRequestBodyDataRate = limits.MinResponseDataRate = new(edge.Value.MinBytesPerSecond, edge.Value.SlowFor);
        limits.RequestHeadersTimeout = edge.Value.HeadersTimeout;
        limits.KeepAliveTimeout = edge.Value.KeepAliveTimeout;
        limits.MaxRequestBodySize = null; // who reads a body bounds it: a limit here would end LingeringClose as well
        limits.MaxRequestBufferSize = 256 << 10; // a connection reads no further ahead of its request than this
        limits.MaxRequestHeaderCount = HeaderLimit.ServerFactor * edge.Value.MaxHeaders;
        limits.MaxRequestHeadersTotalSize = HeaderLimit.ServerFactor * edge.Value.MaxHeaderBytes;
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
        forwarded.ForwardedHeaders = edge.Value.TrustedProxies.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.All;
        forwarded.ForwardLimit = null; // as many as are trusted
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var network in proxies.Networks) forwarded.KnownIPNetworks.Add(network);
    }

    /// <summary>Wherever there is GET there is HEAD; the server knows by itself that no body follows.</summary>
    private static Task AnswerHeadAsGet(HttpContext context, RequestDelegate next)
    {
        if (HttpMethods.IsHead(context.Request.Method)) context.Request.Method = HttpMethods.Get;
        return next(context);
    }
}
