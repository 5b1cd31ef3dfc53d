using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Rembg.Platform.Tests.Faults;

/// <summary>A network between a gateway and a pod: passes bytes on, late, slowly, or not to the end.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private const int SliceBytes = 4096;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentBag<Task> _connections = [];
    private readonly Task _accepting;
    private readonly int _target;
    private int _cuts;

    /// <param name="target">Port of the pod.</param>
    public FaultyProxy(int target)
    {
        _target = target;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public string Address => $"http://{_listener.LocalEndpoint}";

    /// <summary>Added to each slice of 4 KiB, in both directions.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Uploads break with a reset after so many bytes of a connection; null never.</summary>
    public int? CutsUploadsAfter { get; set; }

    /// <summary>Answers break with a reset after so many bytes of a connection; null never.</summary>
    public int? CutsAnswersAfter { get; set; }

    /// <summary>Connections that were cut so far.</summary>
    public int Cuts => Volatile.Read(ref _cuts);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _connections.Add(ConnectAsync(await _listener.AcceptSocketAsync(_end.Token)));
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task ConnectAsync(Socket gateway)
    {
        using var pod = new Socket(SocketType.Stream, ProtocolType.Tcp);
        using (gateway)
        {
            try
            {
                await pod.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
                using var over = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
                var upload = PassAsync(gateway, pod, () => CutsUploadsAfter, over.Token);
                var answer = PassAsync(pod, gateway, () => CutsAnswersAfter, over.Token);
                await Task.WhenAny(upload, answer);
                await over.CancelAsync();
                if (await upload || await answer) Interlocked.Increment(ref _cuts);
                // Closing with a linger of nothing is what sends a reset.
                (gateway.LingerState, pod.LingerState) = (new(true, 0), new(true, 0));
            }
            catch (SocketException)
            {
                // The pod is away, and so is then this connection.
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    /// <returns>True when it is to be cut; false when one side has ended.</returns>
    private async Task<bool> PassAsync(Socket from, Socket to, Func<int?> cutsAfter, CancellationToken over)
    {
        var slice = new byte[SliceBytes];
        try
        {
            int read;
            for (var passed = 0; (read = await from.ReceiveAsync(slice, over)) > 0; passed += read)
            {
                if (Delay > TimeSpan.Zero) await Task.Delay(Delay, TimeProvider.System, over);
                if (passed + read > cutsAfter()) return true;
                await to.SendAsync(slice.AsMemory(0, read), over);
            }
        }
        catch (Exception ended) when (ended is SocketException or OperationCanceledException)
        {
        }
        return false;
    }
}
