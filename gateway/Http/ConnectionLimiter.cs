using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Telemetry;

namespace Rembg.Gateway.Http;

/// <summary>
/// Bounds open connections, in all and by address, and closes those that stay silent. Kestrel alone bounds only the
/// whole, which one address can fill, and gives a connection a minute before its first request.
/// </summary>
internal sealed class ConnectionLimiter(IOptions<EdgeOptions> options, TrustedProxies proxies, GatewayMetrics metrics, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<ClientConnection>> _bySource = new(StringComparer.Ordinal);
    private int _open;

    /// <summary>Connection middleware of the service port.</summary>
    public ConnectionDelegate Limit(ConnectionDelegate next) => async transport =>
    {
        // 1. Is there a place?
        var address = (transport.RemoteEndPoint as System.Net.IPEndPoint)?.Address;
        var connection = new ClientConnection(transport, proxies.Contain(address) ? null : Client.Source(address));
        if (!TryAdd(connection))
        {
            transport.Abort();
            return;
        }
        try
        {
            // 2. Does it say anything?
            transport.Features.Set(connection);
            if (await SpeaksAsync(transport)) await next(transport);
        }
        finally
        {
            Remove(connection);
        }
    };

    /// <summary>HTTP middleware: a connection with a request under way is not idle.</summary>
    public static async Task TrackRequests(HttpContext context, RequestDelegate next)
    {
        var connection = context.Features.Get<ClientConnection>();
        connection?.RequestStarted();
        try
        {
            await next(context);
        }
        finally
        {
            connection?.RequestEnded();
        }
    }

    private bool TryAdd(ClientConnection connection)
    {
        lock (_lock)
        {
            var own = connection.Source is { } source ? _bySource.GetValueOrDefault(source) : null;
            if (own?.Count >= options.Value.MaxConnectionsPerAddress) return Refused("address");
            if (_open >= options.Value.MaxConnections && !TryMakeRoom(own?.Count ?? 0)) return Refused("full");

            _open++;
            if (connection.Source is not null)
            {
                if (own is null) _bySource[connection.Source] = own = [];
                own.Add(connection);
            }
            return true;
        }

        bool Refused(string reason)
        {
            metrics.ConnectionRefused(reason);
            return false;
        }
    }

    /// <summary>When all places are taken, the address with the most of them gives up an idle one, but not for one that has as many.</summary>
    private bool TryMakeRoom(int own)
    {
        var most = _bySource.Values.MaxBy(connections => connections.Count);
        if (most is null || most.Count <= own + 1 || most.FirstOrDefault(connection => connection.IsIdle) is not { } idle) return false;
        Forget(idle);
        metrics.ConnectionRefused("idle");
        idle.Close("Other addresses need the place of this idle connection.");
        return true;
    }

    private void Remove(ClientConnection connection)
    {
        lock (_lock) Forget(connection);
    }

    /// <summary>Once, however often it is called: a connection that gave up its place still has to end.</summary>
    private void Forget(ClientConnection connection)
    {
        if (connection.Source is not { } source)
        {
            _open--;
            return;
        }
        if (!_bySource.TryGetValue(source, out var own) || !own.Remove(connection)) return;
        _open--;
        if (own.Count == 0) _bySource.Remove(source);
    }

    /// <summary>Waits for the first byte, without taking it, until the time for headers is over or the server stops.</summary>
    private async Task<bool> SpeaksAsync(ConnectionContext transport)
    {
        using var silence = new CancellationTokenSource(options.Value.HeadersTimeout, time);
        var stopping = transport.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, stopping, transport.ConnectionClosed);
        try
        {
            var read = await transport.Transport.Input.ReadAsync(either.Token);
            transport.Transport.Input.AdvanceTo(read.Buffer.Start); // what has come is read again, at once
            return !read.Buffer.IsEmpty;
        }
        catch (Exception gone) when (gone is OperationCanceledException or IOException)
        {
            return false;
        }
    }
}
