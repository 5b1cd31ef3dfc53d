using System.Buffers;
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

    /// <summary>For what writes to streams. What is written synchronously, as ZipArchive writes the few bytes after each entry, goes with the next asynchronous write.</summary>
    public Stream AsStream() => new PacedStream(this);

    public void Dispose()
    {
        _either.Dispose();
        _slow.Dispose();
    }

    private sealed class PacedStream(PacedBody body) : Stream
    {
        private readonly ArrayBufferWriter<byte> _pending = new();

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_pending.WrittenCount > 0) await body.WriteAsync(_pending.WrittenMemory);
            _pending.ResetWrittenCount();
            await body.WriteAsync(buffer);
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask; // each write is one

        public override void Flush()
        {
        }

        public override void Write(byte[] buffer, int offset, int count) => _pending.Write(buffer.AsSpan(offset, count));
        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
