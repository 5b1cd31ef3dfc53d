using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace Rembg.Gateway.Redis;

/// <summary>
/// Leaves a server that has become a replica. The library keeps a connection for as long as it works, and asks for the address of a
/// name only when it connects. So when the name moves to a new primary and the old one lives on as its replica, every write fails
/// (503 for over 190 s, no end seen; issue 14). Closing the connections makes the library connect anew.
/// </summary>
internal sealed partial class PrimaryFollower(TimeProvider time, ILogger<PrimaryFollower> logger) : IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>The name may not have moved yet, or there may be nothing but a replica: no storm of connections.</summary>
    private static readonly TimeSpan LeaveAtMostEvery = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<(EndPoint Server, ConnectionType Kind), Socket> _sockets = [];
    private readonly Lock _lock = new();
    private ITimer? _look;
    private long? _left;

    /// <summary>Before connecting: the sockets that the library opens.</summary>
    public void Attach(ConfigurationOptions options) => options.BeforeSocketConnect = (server, kind, socket) => _sockets[(server, kind)] = socket;

    /// <summary>After connecting: leaves at the first write that is refused, or when the library itself has seen that there is no primary.</summary>
    public void Follow(IConnectionMultiplexer connection)
    {
        connection.ErrorMessage += (_, error) =>
        {
            if (error.Message.StartsWith("READONLY", StringComparison.Ordinal)) Leave();
        };
        _look = time.CreateTimer(_ => Look(connection), null, LookEvery, LookEvery);
    }

    public void Dispose() => _look?.Dispose();

    private void Look(IConnectionMultiplexer connection)
    {
        try
        {
            var connected = connection.GetServers().Where(server => server.IsConnected).ToArray();
            if (connected.Length > 0 && connected.All(server => server.IsReplica)) Leave();
        }
        catch (ObjectDisposedException)
        {
            // The gateway ends.
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            if (_left is { } left && time.GetElapsedTime(left) < LeaveAtMostEvery) return;
            _left = time.GetTimestamp();
        }
        Log.Leaves(logger);
        foreach (var (key, socket) in _sockets)
            if (_sockets.TryRemove(KeyValuePair.Create(key, socket))) socket.Dispose();
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Redis is a replica: connecting anew, to find the primary")]
        public static partial void Leaves(ILogger logger);
    }
}
