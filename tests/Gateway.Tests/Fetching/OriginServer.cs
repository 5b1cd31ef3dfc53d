using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace Rembg.Gateway.Tests.Fetching;

/// <summary>A host with pictures, on an address of this machine. Each path answers by the script that it is given.</summary>
internal sealed class OriginServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, RequestDelegate> _scripts = new(StringComparer.Ordinal);

    private OriginServer(IPAddress address, int port, X509Certificate2? certificate)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(address, port, listen =>
        {
            listen.Use(next => connection =>
            {
                Interlocked.Increment(ref _connections);
                return next(connection);
            });
            if (certificate is null) return;
            // Offline: by itself the server, too, looks for the issuer where its certificate says.
            var tls = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true) };
            listen.UseHttps((_, _, _, _) => ValueTask.FromResult(tls), state: null!);
        }));
        _app = builder.Build();
        _app.Run(async context =>
        {
            Requests.Enqueue(new(context.Request.Path.Value!, new HeaderDictionary(context.Request.Headers.ToDictionary())));
            if (_scripts.TryGetValue(context.Request.Path.Value!, out var script)) await script(context);
            else context.Response.StatusCode = StatusCodes.Status404NotFound;
        });
    }

    private int _connections;

    /// <summary>Connections that were made to it so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public ConcurrentQueue<(string Path, IHeaderDictionary Headers)> Requests { get; } = [];

    public int Port => new Uri(_app.Urls.Single()).Port;

    public static async Task<OriginServer> StartAsync(string address, int port = 0, X509Certificate2? certificate = null)
    {
        var server = new OriginServer(IPAddress.Parse(address), port, certificate);
        await server._app.StartAsync();
        return server;
    }

    public void Answer(string path, RequestDelegate script) => _scripts[path] = script;

    public void Serve(string path, byte[] file, string contentType = "image/jpeg", string? etag = null, DateTimeOffset? modified = null) =>
        Answer(path, context => Results.Bytes(file, contentType, lastModified: modified, entityTag: etag is null ? null : EntityTagHeaderValue.Parse(etag)).ExecuteAsync(context));

    public void Redirect(string path, string location, int status = 302) => Answer(path, context =>
    {
        (context.Response.StatusCode, context.Response.Headers.Location) = (status, location);
        return Task.CompletedTask;
    });

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
