namespace Rembg.Bench;

/// <summary>Forgets what is written to it, but not how much: measurements should not pay for a place to keep answers.</summary>
internal sealed class CountingStream : Stream
{
    public long Count { get; private set; }

    public override void Write(ReadOnlySpan<byte> buffer) => Count += buffer.Length;
    public override void Write(byte[] buffer, int offset, int count) => Count += count;
    public override void Flush() { }
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => Count;
    public override long Position { get => Count; set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}
