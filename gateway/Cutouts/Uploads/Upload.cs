using System.Buffers;
using System.Security.Cryptography;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>
/// An image as it came in: bytes, their SHA-256, and no idea of pixels; perhaps with the bytes of its background behind its own. A handle
/// on shared memory; <see cref="Share"/> makes another, for who must outlive the caller.
/// </summary>
public sealed class Upload(SharedBytes content, byte[]? sha256 = null) : IDisposable
{
    private byte[]? _sha256 = sha256;
    private Func<CancellationToken, Task<Upload>>? _load; // the bytes, where they are not here
    private SharedBytes? _background; // where it has memory of its own
    private int _tail; // bytes of a background at the end of the content

    /// <summary>Of the image, then of its background. Valid until this handle is disposed.</summary>
    public ReadOnlySequence<byte> Bytes => _background is null ? content.Bytes : Segment.Chain([.. Segment.Pieces(content.Bytes), .. Segment.Pieces(_background.Bytes)]);

    /// <summary>Of the image alone: 32 bytes; computed when first asked for, unless it was on the way in.</summary>
    public byte[] Sha256 => _sha256 ??= Hash(content.Bytes.Slice(0, content.Length - _tail));

    /// <summary>By the first bytes; null for what is no image.</summary>
    public ImageFormat? Format => InputFormat.Of(content.Bytes)?.Format;

    public long Length => content.Length + (_background?.Length ?? 0);

    /// <summary>Whose upload it is: what is made from it counts against the same share of memory.</summary>
    public string Client => content.Client ?? "";

    /// <summary>An image that somebody else keeps in memory. Counts against no budget.</summary>
    public static Upload FromBytes(ReadOnlyMemory<byte> bytes) => new(SharedBytes.Of(bytes));

    /// <summary>An image that was kept, with its background behind it.</summary>
    /// <param name="background">Bytes of the background; 0 for none.</param>
    public static Upload OfKept(SharedBytes bytes, int background) => new(bytes) { _tail = background };

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

    /// <summary>Another handle, with a background behind the image.</summary>
    public Upload Before(Upload background) => new(content.Share(), _sha256) { _background = background.Content.Share() };


    /// <summary>For a cutout that has none after all.</summary>
    public void DropBackground()
    {
        _background?.Dispose();
        _background = null;
    }

    public Upload Share() => new(content.Share(), _sha256) { _background = _background?.Share(), _tail = _tail };

    /// <summary>Another handle, for who keeps the image longer than any request and answers for the bytes by a budget of its own.</summary>
    public Upload Keep() => new(content.Keep(), _sha256) { _background = _background?.Keep(), _tail = _tail };

    public void Dispose()
    {
        content.Dispose();
        _background?.Dispose();
    }

    private SharedBytes Content => content;

    private static byte[] Hash(ReadOnlySequence<byte> bytes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var segment in bytes) hash.AppendData(segment.Span);
        return hash.GetHashAndReset();
    }
}
