using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Http;

/// <summary>
/// The body of a large response, written piece by piece. A client that takes less than <see cref="EdgeOptions.MinBytesPerSecond"/>
/// for <see cref="EdgeOptions.SlowFor"/> is cut off. Kestrel's own rule counts from the response's first byte: what the system's
/// buffers take in at once is credit there, a minute for each megabyte.
/// </summary>
internal sealed class PacedBody : IDisposable
{
    /// <summary>The server buffers one piece for each client that does not read.</summary>
    private const int PieceBytes = 64 << 10;

    private readonly PipeWriter _body;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _slow;
    private readonly CancellationTokenSource _either;

    public PacedBody(HttpContext context)
    {
        var options = context.RequestServices.GetRequiredService<IOptions<EdgeOptions>>().Value;
        var least = TimeSpan.FromSeconds(PieceBytes / options.MinBytesPerSecond);
        _body = context.Response.BodyWriter;
        _patience = least > options.SlowFor ? least : options.SlowFor;
        _slow = new(Timeout.InfiniteTimeSpan, context.RequestServices.GetRequiredService<TimeProvider>());
        _either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _slow.Token);
    }

    /// <exception cref="OperationCanceledException">The client has gone, is too slow, or its time is over: the connection is of no more use.</exception>
    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var piece = bytes[..Math.Min(PieceBytes, bytes.Length)];
            _slow.CancelAfter(_patience);
            // To a connection that is gone the server writes without an error, faster than it cancels the request.
            if ((await _body.WriteAsync(piece, _either.Token)).IsCompleted) throw new ConnectionAbortedException("The client has gone.");
            bytes = bytes[piece.Length..];
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _slow.Dispose();
    }
}
