using System.Buffers;
using System.Security.Cryptography;
using Rembg.Contract.Problems;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>
/// An image as it came in: bytes, their SHA-256, and no idea of pixels. A handle on shared memory;
/// <see cref="Share"/> makes another, for who must outlive the caller.
/// </summary>
public sealed class Upload(SharedBytes content, byte[]? sha256 = null) : IDisposable
{
    private byte[]? _sha256 = sha256;
    private Func<CancellationToken, Task<Upload>>? _load; // the bytes, where they are not here

    /// <summary>Valid until this handle is disposed.</summary>
    public ReadOnlySequence<byte> Bytes => content.Bytes;

    /// <summary>32 bytes; computed when first asked for, unless it was on the way in.</summary>
    public byte[] Sha256 => _sha256 ??= Hash(Bytes);

    public long Length => content.Length;

    /// <summary>Whose upload it is: what is made from it counts against the same share of memory.</summary>
    public string Client => content.Client ?? "";

    /// <summary>An image that somebody else keeps in memory. Counts against no budget.</summary>
    public static Upload FromBytes(ReadOnlyMemory<byte> bytes) => new(SharedBytes.Of(bytes));

    /// <summary>An image of which only the hash is known here. <see cref="OpenAsync"/> gets its bytes, should they be needed.</summary>
    public static Upload Elsewhere(byte[] sha256, Func<CancellationToken, Task<Upload>> load) => new(SharedBytes.Empty, sha256) { _load = load };

    /// <summary>Another handle, which has the bytes. Those that are here are shared before this returns.</summary>
    /// <exception cref="ProblemException">The bytes cannot be had any more, or have changed.</exception>
    public async Task<Upload> OpenAsync(CancellationToken cancellationToken)
    {
        if (_load is null) return Share();
        var loaded = await _load(cancellationToken);
        if (loaded.Sha256.AsSpan().SequenceEqual(Sha256)) return loaded;
        loaded.Dispose();
        throw Problem.Overloaded("The image changed while it was fetched.").AsException();
    }

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
