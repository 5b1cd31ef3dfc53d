using System.Buffers;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Takes a pod's answer, up to a limit. It is held whole before the client sees a byte, so that a pod that dies in the
/// middle of it can still be replaced by another, and so that it can be cached and given to all who wait for it.
/// While the memory budget is spent it takes nothing more, and the pod waits.
/// </summary>
/// <param name="memory">The budget.</param>
/// <param name="client">Whose share the answer counts against.</param>
/// <param name="maxBytes">A longer answer is an invalid one.</param>
/// <param name="time">The clock.</param>
internal sealed class AnswerBuffer(MemoryBudget memory, string client, int maxBytes, TimeProvider time) : Stream
{
    private readonly BlockBuffer _bytes = new(memory, client);
    private long _headCame;

    public bool Overflowed { get; private set; }

    /// <summary>Since the head of the answer came: once its body is whole, the time that the pod took to encode it.</summary>
    public TimeSpan SinceResponseStart => time.GetElapsedTime(_headCame);

    public void ResponseStarted() => _headCame = time.GetTimestamp();

    /// <summary>What has come so far.</summary>
    public ReadOnlySequence<byte> ToSequence() => _bytes.ToSequence();

    /// <summary>Takes the last bytes off, which are the mask.</summary>
    public byte[] TakeTail(int bytes) => _bytes.TakeTail(bytes);

    /// <summary>The whole answer, which outlives this buffer.</summary>
    public SharedBytes Complete() => _bytes.Complete();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length > maxBytes - Length)
        {
            Overflowed = true;
            throw new IOException("The answer is larger than Pods:MaxAnswerBytes.");
        }
        while (!buffer.IsEmpty)
        {
            var next = await _bytes.NextAsync(cancellationToken);
            var taken = Math.Min(buffer.Length, next.Length);
            buffer[..taken].CopyTo(next);
            buffer = buffer[taken..];
            _bytes.Advance(taken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    protected override void Dispose(bool disposing)
    {
        _bytes.Dispose();
        base.Dispose(disposing);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => _bytes.Length;
    public override long Position { get => Length; set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Writing may have to wait for room.");
}
