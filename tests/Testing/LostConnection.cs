using System.Net.Sockets;

namespace Rembg.Testing;

public static class LostConnection
{
    /// <summary>
    /// Whether a service that is killed may have caused it. HttpClient lets a bare <see cref="SocketException"/> through
    /// where the other side resets between connecting and the first use of the connection.
    /// </summary>
    public static bool IsLostConnection(this Exception exception) => exception is HttpRequestException or IOException or SocketException;
}
