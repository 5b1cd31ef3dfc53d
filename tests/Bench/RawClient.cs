using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rembg.Bench;

/// <summary>One keep-alive connection that costs next to nothing, so that what is measured is the server.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[256 << 10];

    public static async Task<RawClient> ConnectAsync(int port)
    {
        var client = new RawClient();
        await client._socket.ConnectAsync(IPAddress.Loopback, port);
        return client;
    }

    /// <summary>Posts <paramref name="body"/> and reads the answer to its end; anything but 200 with a length is an error.</summary>
    public async Task<string> PostAsync(string path, ReadOnlyMemory<byte> body)
    {
        var head = Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: {body.Length}\r\n\r\n");
        await SendAsync(head);
        await SendAsync(body);

        var filled = 0;
        int end;
        while ((end = _buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
            filled += await ReceiveAsync(_buffer.AsMemory(filled));
        var headers = Encoding.ASCII.GetString(_buffer, 0, end);
        if (!headers.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) throw new InvalidOperationException(Encoding.UTF8.GetString(_buffer, 0, filled));
        for (var left = Length(headers) - (filled - end - 4); left > 0;) left -= await ReceiveAsync(_buffer);
        return headers;
    }

    public void Dispose() => _socket.Dispose();

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[await _socket.SendAsync(bytes)..];
    }

    private async Task<int> ReceiveAsync(Memory<byte> into) =>
        await _socket.ReceiveAsync(into) is > 0 and var received ? received : throw new IOException("The server closed the connection.");

    private static int Length(string headers)
    {
        const string name = "\r\ncontent-length: ";
        var at = headers.IndexOf(name, StringComparison.OrdinalIgnoreCase) + name.Length;
        var stop = headers.IndexOf('\r', at);
        return int.Parse(stop < 0 ? headers.AsSpan(at) : headers.AsSpan(at, stop - at), NumberStyles.None, CultureInfo.InvariantCulture);
    }
}
