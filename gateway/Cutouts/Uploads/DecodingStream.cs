namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>A stream that is read asynchronously, once, and decodes what it reads elsewhere.</summary>
internal abstract class DecodingStream : Stream
{
    public abstract override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override void Flush() { }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}

/// <summary>One value inside a body, decoded by a state machine that is given whatever bytes are here.</summary>
internal abstract class ValueStream(BodyScanner body) : DecodingStream
{
    /// <summary>Whether the value is over.</summary>
    protected bool Ended { get; set; }

    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        while (!Ended)
        {
            if (!await body.FillAsync(cancellationToken))
            {
                EndOfBody();
                break;
            }
            var (read, written) = Decode(body.Here, buffer.Span);
            body.Skip(read);
            if (written > 0) return written;
        }
        return 0;
    }

    /// <summary>Decodes at least one byte of <paramref name="source"/>, and sets <see cref="Ended"/> at the value's end.</summary>
    protected abstract (int Read, int Written) Decode(ReadOnlySpan<byte> source, Span<byte> target);

    /// <summary>The body ended before the value did: throws if that is wrong.</summary>
    protected abstract void EndOfBody();
}
