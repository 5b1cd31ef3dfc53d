using Microsoft.AspNetCore.Connections;

namespace Rembg.Gateway.Http;

/// <summary>An open connection on the service port; a feature of the connection and of its requests.</summary>
/// <param name="transport">The connection.</param>
/// <param name="source">Address it is counted under (<see cref="Clients.Client.Source"/>); null for a trusted proxy, which is not counted.</param>
internal sealed class ClientConnection(ConnectionContext transport, string? source)
{
    private int _requests;

    public string? Source => source;

    /// <summary>No request of it is being answered.</summary>
    public bool IsIdle => Volatile.Read(ref _requests) == 0;

    public void RequestStarted() => Interlocked.Increment(ref _requests);

    public void RequestEnded() => Interlocked.Decrement(ref _requests);

    public void Close(string why) => transport.Abort(new ConnectionAbortedException(why));
}
