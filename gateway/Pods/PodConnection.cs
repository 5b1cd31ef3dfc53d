using System.Net.Sockets;

namespace Rembg.Gateway.Pods;

/// <summary>
/// A new connection to a pod. HttpClient asks a new connection for the name of its peer outside the code that turns failures into
/// <see cref="HttpRequestException"/>: a pod that resets in that moment would throw a bare <see cref="SocketException"/> at whoever
/// sends. A socket keeps the name once it was asked, so it is asked here, where failing still means that no connection was made.
/// </summary>
internal static class PodConnection
{
    public static async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return Over(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="SocketException">The peer has reset the connection.</exception>
    public static NetworkStream Over(Socket connected)
    {
        _ = connected.RemoteEndPoint;
        return new(connected, ownsSocket: true);
    }
}
