using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Rembg.Bench;

/// <summary>
/// Many posts at the same moment over connections that are open, each by a thread that blocks: one system call sends an
/// upload, and the client takes little of the cores that it shares with the server.
/// </summary>
internal sealed class Burst : IDisposable
{
    private readonly Socket[] _sockets;

    public Burst(int port, int connections) => _sockets = [.. Enumerable.Range(0, connections).Select(_ =>
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 60_000 };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    })];

    /// <summary>Milliseconds from the start of the burst to the head of each answer, in ascending order; another status than expected is an error.</summary>
    public double[] Post(string path, int status, IReadOnlyList<byte[]> bodies)
    {
        var (times, errors) = (new double[_sockets.Length], new Exception?[_sockets.Length]);
        using var ready = new CountdownEvent(_sockets.Length);
        using var go = new ManualResetEventSlim();
        var started = 0L;
        var threads = _sockets.Select((socket, i) => new Thread(() =>
        {
            byte[][] request = [Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: {bodies[i].Length}\r\n\r\n"), bodies[i]];
            var answer = new byte[16 << 10];
            ready.Signal();
            go.Wait();
            try
            {
                foreach (var part in request) socket.Send(part);
                var text = Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
                times[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
                if (!text.StartsWith($"HTTP/1.1 {status}", StringComparison.Ordinal)) throw new InvalidOperationException(text);
                // What follows the head of a chunked answer, so that the next burst does not meet it.
                while (text.Contains("chunked", StringComparison.OrdinalIgnoreCase) && !text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal))
                    text += Encoding.ASCII.GetString(answer, 0, socket.Receive(answer));
            }
            catch (Exception exception)
            {
                errors[i] = exception;
            }
        }, maxStackSize: 128 << 10)).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        ready.Wait();
        started = Stopwatch.GetTimestamp();
        go.Set();
        Array.ForEach(threads, thread => thread.Join());
        if (errors.FirstOrDefault(error => error is not null) is { } failed) throw new InvalidOperationException("A post of the burst failed.", failed);
        Array.Sort(times);
        return times;
    }

    public void Dispose() => Array.ForEach(_sockets, socket => socket.Dispose());
}
