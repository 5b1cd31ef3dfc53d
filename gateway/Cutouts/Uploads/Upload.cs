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
    private readonly bool _request;
    private byte[]? _sha256;
    private int _disposed;

    internal Upload(UploadBuffer buffer) : this(buffer, request: true, buffer.ToSequence(), buffer.Sha256)
    {
    }

    private Upload(UploadBuffer? buffer, bool request, ReadOnlySequence<byte> bytes, byte[]? sha256) =>
        (_buffer, _request, Bytes, _sha256) = (buffer, request, bytes, sha256);

    /// <summary>Valid until this handle is disposed.</summary>
    public ReadOnlySequence<byte> Bytes { get; }

    /// <summary>32 bytes; computed when first asked for, unless it was on the way in.</summary>
    public byte[] Sha256 => _sha256 ??= Hash(Bytes);

    public long Length => Bytes.Length;

    /// <summary>An image that somebody else keeps in memory, as a stored task does. Counts against no budget.</summary>
    public static Upload FromBytes(ReadOnlyMemory<byte> bytes) => new(null, request: false, new(bytes), null);

    public Upload Share() => Another(_request);

    /// <summary>Another handle, for who keeps the image longer than any request and answers for the bytes by a budget of its own.</summary>
    public Upload Keep() => Another(request: false);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0) _buffer?.Release(_request);
    }

    private Upload Another(bool request)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        _buffer?.Hold(request);
        return new(_buffer, request, Bytes, _sha256);
    }

    private static byte[] Hash(ReadOnlySequence<byte> bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in bytes) hash.AppendData(segment.Span);
        return hash.GetHashAndReset();
    }
}
