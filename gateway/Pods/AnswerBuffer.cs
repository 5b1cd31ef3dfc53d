using System.Buffers;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Takes a pod's answer, up to a limit. It is held whole before the client sees a byte, so that a pod that dies in the
/// middle of it can still be replaced by another, and so that it can be cached and given to all who wait for it.
/// </summary>
internal sealed class AnswerBuffer(int maxBytes, TimeProvider time) : Stream
{
    private const int BlockBytes = 128 << 10;
    private readonly List<byte[]> _blocks = [];
    private int _length;

    private long _headCame;

    public bool Overflowed { get; private set; }

    /// <summary>Since the head of the answer came: once its body is whole, the time that the pod took to encode it.</summary>
    public TimeSpan SinceResponseStart => time.GetElapsedTime(_headCame);

    public void ResponseStarted() => _headCame = time.GetTimestamp();

    public byte[] ToArray()
    {
        var all = GC.AllocateUninitializedArray<byte>(_length);
        for (var i = 0; i < _blocks.Count; i++)
            _blocks[i].AsSpan(0, Math.Min(BlockBytes, _length - i * BlockBytes)).CopyTo(all.AsSpan(i * BlockBytes));
        return all;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (buffer.Length > maxBytes - _length)
        {
            Overflowed = true;
            throw new IOException("The answer is larger than Pods:MaxAnswerBytes.");
        }
        while (!buffer.IsEmpty)
        {
            var filled = _length % BlockBytes;
            if (filled == 0) _blocks.Add(ArrayPool<byte>.Shared.Rent(BlockBytes));
            var taken = Math.Min(buffer.Length, BlockBytes - filled);
            buffer[..taken].CopyTo(_blocks[^1].AsSpan(filled));
            buffer = buffer[taken..];
            _length += taken;
        }
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    protected override void Dispose(bool disposing)
    {
        foreach (var block in _blocks) ArrayPool<byte>.Shared.Return(block);
        _blocks.Clear();
        base.Dispose(disposing);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => _length;
    public override long Position { get => _length; set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
