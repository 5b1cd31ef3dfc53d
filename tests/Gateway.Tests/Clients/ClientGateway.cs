using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Clients.Limits;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Clients;

/// <summary>The real gateway on a free port, with small endpoints behind the keys and limits that say what they see.</summary>
internal sealed class ClientGateway : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<HttpClient> _callers = [];
    private readonly TaskCompletionSource _slow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _waiting;

    private ClientGateway(WebApplication app, LogLines log) => (_app, Log) = (app, log);

    public LogLines Log { get; }
    public HttpClient Caller => field ??= CallerFrom(IPAddress.Loopback);

    /// <summary>Requests inside <c>/slow</c> now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    public static Task<ClientGateway> StartAsync(params string[] settings) => StartAsync(null, settings);

    public static async Task<ClientGateway> StartAsync(FakeTimeProvider? clock, params string[] settings)
    {
        var log = new LogLines();
        string[] args = [.. settings.Prepend("Service:Address=127.0.0.1").Select(setting => "--" + setting)];
        var app = Program.Build(args, builder =>
        {
            builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);
            if (clock is not null) builder.Services.AddSingleton<TimeProvider>(clock);
        });
        var gateway = new ClientGateway(app, log);
        app.MapGet("/work", (HttpContext context) => context.GetClient().Id).RequireClient();
        app.MapGet("/costly", (HttpContext context, ClientLimits limits) => limits.ChargeAsync(context.GetClient(), model: null, pixels: 120_000).AsTask()).RequireClient();
        app.MapGet("/headers", (HttpContext context) => string.Join('\n', context.Request.Headers.Select(h => $"{h.Key}: {h.Value}"))).RequireClient();
        app.MapGet("/broken", IResult () => throw Problem.UnsupportedFormat("It is none.").AsException()).RequireClient();
        app.MapGet("/slow", gateway.WaitAsync).RequireClient();
        app.MapGet("/own", (HttpContext context) => context.GetClient().Id).IdentifyClient();
        app.MapGet("/open", () => "open");
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        return gateway;
    }

    /// <summary>A client of its own, at another address of this machine (127.0.0.x).</summary>
    public HttpClient CallerFrom(IPAddress address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(address, 0));
                await socket.ConnectAsync(IPAddress.Loopback, context.DnsEndPoint.Port, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        _callers.Add(new HttpClient(handler) { BaseAddress = new(_app.Urls.First()) });
        return _callers[^1];
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? key = null, string header = "X-Api-Key") =>
        GetAsync(Caller, path, key, header);

    public static Task<HttpResponseMessage> GetAsync(HttpClient caller, string path, string? key = null, string header = "X-Api-Key")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null) request.Headers.TryAddWithoutValidation(header, key);
        return caller.SendAsync(request);
    }

    /// <summary>The value of a metric as Prometheus would read it; 0 when it is not there yet.</summary>
    public async Task<double> MetricAsync(string series)
    {
        var page = await Caller.GetStringAsync(new Uri(new Uri(_app.Urls.Last()), "/metrics"));
        var line = page.Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(series.Length + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    public void LetSlowOnesGo() => _slow.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        LetSlowOnesGo();
        foreach (var caller in _callers) caller.Dispose();
        await _app.DisposeAsync();
    }

    private async Task WaitAsync()
    {
        Interlocked.Increment(ref _waiting);
        await _slow.Task;
        Interlocked.Decrement(ref _waiting);
    }
}
