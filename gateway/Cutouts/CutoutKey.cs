using System.Security.Cryptography;
using System.Text;
using Rembg.Contract.Cutouts;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Cutouts;

/// <summary>
/// What is asked for: image, model, options (and client, where caches are apart). Equal requests have equal identities,
/// whatever API they came through. Which version of the model answers is only known with the answer.
/// </summary>
internal sealed class CutoutIdentity
{
    private readonly byte[] _hash;

    private CutoutIdentity(byte[] hash, CutoutOptions options, IReadOnlyList<string> versions)
    {
        (_hash, Options) = (hash, options);
        Candidates = [.. versions.Select(Under)];
    }

    /// <summary>64 hex digits.</summary>
    public string Value => Convert.ToHexStringLower(_hash);

    /// <summary>The client's options with the model named.</summary>
    public CutoutOptions Options { get; }

    /// <summary>The answer under each version that pods have now: one, or two while a new version is rolled out. Each of them is right.</summary>
    public IReadOnlyList<CutoutKey> Candidates { get; }

    public static CutoutIdentity Of(byte[] imageSha256, NamedModel model, CutoutOptions options, string? client)
    {
        var named = options with { Model = model.Name };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(imageSha256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{named.ToQuery()}\n{client}"));
        return new(hash.GetHashAndReset(), named, model.Versions);
    }

    /// <summary>Names the answer that a pod of this version gave; null for a pod that did not say its version.</summary>
    public CutoutKey? KeyOf(Cutout cutout) => cutout.Version is { } version ? Under(version) : null;

    private CutoutKey Under(string version) =>
        new(Convert.ToHexStringLower(SHA256.HashData([.. _hash, .. Encoding.UTF8.GetBytes(version)])));
}

/// <summary>Names an answer by what was asked and by the version that made it, so that a new model or pipeline needs no purge.</summary>
/// <param name="Value">64 hex digits.</param>
internal sealed record CutoutKey(string Value)
{
    /// <summary>Weak: another pod may make the same picture with other bytes (its batch, its zlib).</summary>
    public string ETag => $"W/\"{Value}\"";
}
