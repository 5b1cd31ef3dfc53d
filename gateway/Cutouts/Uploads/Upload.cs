using System.Buffers;
using System.Security.Cryptography;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>
/// An image as it came in: bytes, their SHA-256, and no idea of pixels. A handle on shared memory;
/// <see cref="Share"/> makes another, for who must outlive the caller.
/// </summary>
public sealed class Upload(SharedBytes content, byte[]? sha256 = null) : IDisposable
{
    private byte[]? _sha256 = sha256;

    /// <summary>Valid until this handle is disposed.</summary>
    public ReadOnlySequence<byte> Bytes => content.Bytes;

    /// <summary>32 bytes; computed when first asked for, unless it was on the way in.</summary>
    public byte[] Sha256 => _sha256 ??= Hash(Bytes);

    public long Length => content.Length;

    /// <summary>Whose upload it is: what is made from it counts against the same share of memory.</summary>
    public string Client => content.Client ?? "";

    /// <summary>An image that somebody else keeps in memory. Counts against no budget.</summary>
    public static Upload FromBytes(ReadOnlyMemory<byte> bytes) => new(SharedBytes.Of(bytes));

    public Upload Share() => new(content.Share(), _sha256);

    /// <summary>Another handle, for who keeps the image longer than any request and answers for the bytes by a budget of its own.</summary>
    public Upload Keep() => new(content.Keep(), _sha256);

    public void Dispose() => content.Dispose();

    private static byte[] Hash(ReadOnlySequence<byte> bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in bytes) hash.AppendData(segment.Span);
        return hash.GetHashAndReset();
    }
}
