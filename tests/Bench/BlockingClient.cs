using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rembg.Bench;

/// <summary>One open connection, used by a thread that blocks: one system call sends an upload, and the client takes little of the cores that it shares with the server.</summary>
internal sealed class BlockingClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
    private readonly byte[] _answer = new byte[16 << 10];

    public BlockingClient(int port) => _socket.Connect(IPAddress.Loopback, port);

    /// <summary>Posts an image; returns the head of the answer and a short body. Another status than expected is an error.</summary>
    public string Post(string path, int status, byte[] image)
    {
        _socket.Send(Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: {image.Length}\r\n\r\n"));
        _socket.Send(image);
        var text = Receive();
        if (!text.StartsWith($"HTTP/1.1 {status}", StringComparison.Ordinal)) throw new HttpRequestException(text);
        // What follows the head of a chunked answer, so that the next one does not meet it.
        while (text.Contains("chunked", StringComparison.OrdinalIgnoreCase) && !text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal)) text += Receive();
        return text;
    }

    /// <summary>Where the answer says that what was posted is now; null if it doesn't.</summary>
    public static string? Location(string answer) =>
        answer.Split("\r\n").FirstOrDefault(line => line.StartsWith("Location: ", StringComparison.Ordinal))?["Location: ".Length..];

    public void Dispose() => _socket.Dispose();

    private string Receive() => _socket.Receive(_answer) is > 0 and var received
        ? Encoding.ASCII.GetString(_answer, 0, received)
        : throw new IOException("The server closed the connection.");
}
