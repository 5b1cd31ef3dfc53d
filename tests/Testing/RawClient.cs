using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rembg.Testing;

/// <summary>A client that does what no HTTP library would: its bytes are its own business.</summary>
public sealed class RawClient : IDisposable
{
    private readonly Socket _socket;

    private RawClient(Socket socket) => _socket = socket;

    /// <param name="address">Of the service; only its port counts.</param>
    /// <param name="receiveBuffer">Bytes that the system takes in for a client that does not read.</param>
    /// <param name="from">Another address of this machine (127.0.0.x), for a client that is somebody else.</param>
    public static async Task<RawClient> ConnectAsync(Uri address, int receiveBuffer = 64 << 10, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = receiveBuffer, NoDelay = true };
        if (from is not null) socket.Bind(new IPEndPoint(from, 0));
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        }
        catch (SocketException reset) when (reset.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Accepted, and broken before we heard of it: the same as broken a moment later, which sending and reading find out.
        }
        return new(socket);
    }

    public async Task SendAsync(string head, byte[]? body = null)
    {
        await _socket.SendAsync(Encoding.ASCII.GetBytes(head));
        if (body is not null) await _socket.SendAsync(body);
    }

    /// <summary>Sends the same again and again, so many a second, until the other side has had enough; then all that it said.</summary>
    public async Task<string> DripAsync(string drop, TimeSpan every)
    {
        using var clock = new PeriodicTimer(every, TimeProvider.System);
        var answer = ReadToEndAsync();
        while (!answer.IsCompleted && await clock.WaitForNextTickAsync())
        {
            try
            {
                await SendAsync(drop);
            }
            catch (SocketException)
            {
                break;
            }
        }
        return Encoding.ASCII.GetString(await answer);
    }

    /// <summary>The beginning of what comes.</summary>
    public async Task<byte[]> ReadSomeAsync()
    {
        var buffer = new byte[1024];
        return buffer[..await _socket.ReceiveAsync(buffer)];
    }

    /// <summary>What comes until the other side closes or breaks the connection.</summary>
    public async Task<byte[]> ReadToEndAsync()
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        try
        {
            while (await _socket.ReceiveAsync(buffer) is > 0 and var read) all.Write(buffer, 0, read);
        }
        catch (SocketException)
        {
            // broken: no more comes
        }
        return all.ToArray();
    }

    public void Dispose() => _socket.Dispose();
}
