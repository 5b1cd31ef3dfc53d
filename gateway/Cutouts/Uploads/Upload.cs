using System.Buffers;
using System.Security.Cryptography;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>
/// An image as it came in: bytes, their SHA-256, and no idea of pixels. A handle on memory that goes back to the pool
/// when the last handle is disposed; <see cref="Share"/> makes another, for who must outlive the caller.
/// </summary>
public sealed class Upload : IDisposable
{
    private readonly UploadBuffer? _buffer;
    private int _disposed;

    internal Upload(UploadBuffer buffer, byte[] sha256) => (_buffer, Bytes, Sha256) = (buffer, buffer.ToSequence(), sha256);

    private Upload(UploadBuffer? buffer, ReadOnlySequence<byte> bytes, byte[] sha256) => (_buffer, Bytes, Sha256) = (buffer, bytes, sha256);

    /// <summary>Valid until this handle is disposed.</summary>
    public ReadOnlySequence<byte> Bytes { get; }

    /// <summary>32 bytes.</summary>
    public byte[] Sha256 { get; }
    public long Length => Bytes.Length;

    /// <summary>An image that somebody else keeps in memory, as a stored task does. Counts against no budget.</summary>
    public static Upload FromBytes(ReadOnlyMemory<byte> bytes) => new(null, new(bytes), SHA256.HashData(bytes.Span));

    public Upload Share()
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _buffer?.Hold();
        return new(_buffer, Bytes, Sha256);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _buffer?.Release();
    }
}
