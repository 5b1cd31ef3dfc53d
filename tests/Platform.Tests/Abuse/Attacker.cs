using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Abuse;

/// <summary>A client at 127.0.0.2, to the gateway another address than the innocent one's. Counts what it is told.</summary>
internal sealed class Attacker(Uri gateway, CancellationToken end) : IDisposable
{
    private static readonly IPAddress Address = IPAddress.Parse("127.0.0.2");
    private readonly ConcurrentDictionary<string, int> _answers = [];
    private readonly HttpClient _http = From(Address, gateway);

    /// <summary>Cancelled when the attack is over.</summary>
    public CancellationToken End => end;

    /// <summary>"429 x 120, cut x 3": what it was told, most often first.</summary>
    public string Answers => string.Join(", ", _answers.OrderByDescending(answer => answer.Value).Select(answer => $"{answer.Key} × {answer.Value}"));

    /// <summary>Whether it was told that it is at fault (4xx), or cut.</summary>
    public bool IsRefused => _answers.Keys.Any(answer => answer.StartsWith('4') || answer.EndsWith("cut", StringComparison.Ordinal));

    public static HttpClient From(IPAddress address, Uri gateway) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellation) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(address, 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        },
        MaxConnectionsPerServer = 4096,
    })
    { BaseAddress = gateway, Timeout = TimeSpan.FromMinutes(2) };

    /// <summary>Sends again and again until the attack is over, in so many loops at once.</summary>
    public Task LoopAsync(int loops, Func<int, HttpRequestMessage> request) => Task.WhenAll(Enumerable.Range(0, loops).Select(async loop =>
    {
        for (var i = loop; !end.IsCancellationRequested; i += loops) await SendAsync(request(i));
    }));

    /// <summary>Sends so many at once.</summary>
    public Task BurstAsync(int count, Func<int, HttpRequestMessage> request) => Task.WhenAll(Enumerable.Range(0, count).Select(i => SendAsync(request(i))));

    /// <summary>The body of the response; null when there was none.</summary>
    public async Task<string?> SendAsync(HttpRequestMessage message)
    {
        await Task.Yield();
        using (message)
        {
            try
            {
                using var response = await _http.SendAsync(message, end);
                Count(((int)response.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture));
                return await response.Content.ReadAsStringAsync(end);
            }
            catch (OperationCanceledException)
            {
            }
            catch (Exception lost) when (lost.IsLostConnection())
            {
                Count("cut");
            }
            return null;
        }
    }

    public static HttpRequestMessage Post(string path, byte[] body, string type = "application/octet-stream") =>
        new(HttpMethod.Post, path) { Content = new ByteArrayContent(body) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } } };

    /// <summary>
    /// Keeps so many sockets open that send <paramref name="head"/> and then read at most <paramref name="readBytesPerSecond"/>: one that the
    /// gateway closes is opened again.
    /// </summary>
    public Task SocketsAsync(int count, string head, byte[]? body = null, int readBytesPerSecond = 0) => Task.WhenAll(Enumerable.Range(0, count).Select(async _ =>
    {
        await Task.Yield();
        while (!end.IsCancellationRequested)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096, NoDelay = true };
            try
            {
                socket.Bind(new IPEndPoint(Address, 0));
                await socket.ConnectAsync(IPAddress.Loopback, gateway.Port, end);
                await socket.SendAsync(Encoding.ASCII.GetBytes(head), end);
                if (body is not null) await socket.SendAsync(body, end);
                await ReadAsync(socket, readBytesPerSecond);
                Count("cut");
            }
            catch (SocketException)
            {
                Count("cut");
            }
            catch (OperationCanceledException)
            {
            }
        }
    }));

    /// <summary>Counts the status as soon as it is there; returns when the gateway closes the connection.</summary>
    private async Task ReadAsync(Socket socket, int bytesPerSecond)
    {
        var buffer = new byte[Math.Max(1024, bytesPerSecond / 4)];
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        for (var isFirst = true; await socket.ReceiveAsync(buffer, end) is > 0 and var read; isFirst = false)
        {
            if (isFirst && read > 12 && Encoding.ASCII.GetString(buffer, 0, 12) is var line && line.StartsWith("HTTP/1.1 ", StringComparison.Ordinal)) Count(line[9..12]);
            await pace.WaitForNextTickAsync(end);
        }
    }

    private void Count(string answer) => _answers.AddOrUpdate(answer, 1, (_, count) => count + 1);

    public void Dispose() => _http.Dispose();
}
