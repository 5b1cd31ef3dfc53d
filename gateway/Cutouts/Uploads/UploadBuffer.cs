using System.Buffers;
using System.Security.Cryptography;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>Where an image is read to. Charged as it arrives.</summary>
/// <param name="memory">The budget.</param>
/// <param name="client">Whose upload it is.</param>
/// <param name="hashing">Whether the image is hashed on the way, while the next bytes are still on theirs.</param>
/// <param name="emptyIsAbsent">Whether an image of no bytes counts as none.</param>
internal sealed class UploadBuffer(MemoryBudget memory, string client, bool hashing, bool emptyIsAbsent) : IDisposable
{
    private readonly BlockBuffer _bytes = new(memory, client);
    private byte[]? _sha256;

    /// <summary>Whether an image has been read; an empty one counts unless it is absent.</summary>
    public bool IsRead { get; private set; }

    public long Length => _bytes.Length;

    /// <summary>Reads <paramref name="source"/> to its end; more than <paramref name="maxBytes"/>, or a second image, is a problem.</summary>
    public async Task ReadAsync(Stream source, long maxBytes, CancellationToken cancellationToken)
    {
        var isSecond = IsRead;
        if (isSecond && !emptyIsAbsent) throw Problem.MultipleImages().AsException();
        using var hash = hashing ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        while (true)
        {
            var next = await _bytes.NextOfUploadAsync(cancellationToken);
            if (await source.ReadAsync(next, cancellationToken) is not (> 0 and var read)) break;
            if (isSecond) throw Problem.MultipleImages().AsException();
            hash?.AppendData(next.Span[..read]);
            _bytes.Advance(read);
            if (Length > maxBytes) throw Problem.ImageTooLarge(maxBytes).AsException();
        }
        if (isSecond) return;
        IsRead = Length > 0 || !emptyIsAbsent;
        _sha256 = hash?.GetHashAndReset();
    }

    /// <summary>The same, of base64 text.</summary>
    public async Task ReadBase64Async(Stream text, string field, long maxBytes, CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(new Base64Stream(text), maxBytes, cancellationToken);
        }
        catch (FormatException)
        {
            throw Problem.InvalidParameter(field, "is not valid base64").AsException();
        }
    }

    public ReadOnlySequence<byte> ToSequence() => _bytes.ToSequence();

    /// <summary>The image, read, if it begins as one.</summary>
    public Upload CompleteImage()
    {
        if (Length == 0) throw Problem.MissingImage("The image is empty.").AsException();
        Span<byte> head = stackalloc byte[(int)Math.Min(InputFormat.SignatureLength, Length)];
        ToSequence().Slice(0, head.Length).CopyTo(head);
        if (InputFormat.Of(head) is null) throw InputFormat.Unsupported(head).AsException();
        return Complete();
    }

    /// <summary>The image, read.</summary>
    public Upload Complete() => new(_bytes.Complete(), _sha256);

    public void Dispose() => _bytes.Dispose();
}
