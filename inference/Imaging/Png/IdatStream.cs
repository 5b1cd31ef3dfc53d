using System.Buffers;
using System.IO.Pipelines;

namespace Rembg.Inference.Imaging;

/// <summary>Takes what deflate gives and cuts it into IDAT chunks.</summary>
internal sealed class IdatStream(PipeWriter output) : Stream
{
    private const int ChunkBytes = 64 * 1024;

    private readonly byte[] _chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
    private int _filled;
    private bool _discarding;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!_discarding && buffer.Length > 0)
        {
            var taken = Math.Min(buffer.Length, ChunkBytes - _filled);
            buffer[..taken].CopyTo(_chunk.AsSpan(_filled));
            buffer = buffer[taken..];
            _filled += taken;
            if (_filled == ChunkBytes) Flush();
        }
    }

    public override void Flush()
    {
        if (_filled > 0) PngWriter.WriteChunk(output, "IDAT"u8, _chunk.AsSpan(0, _filled));
        _filled = 0;
    }

    /// <summary>After a failure: nothing more may look like a picture.</summary>
    public void Discard() => _discarding = true;

    protected override void Dispose(bool disposing)
    {
        if (disposing) ArrayPool<byte>.Shared.Return(_chunk);
        base.Dispose(disposing);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
