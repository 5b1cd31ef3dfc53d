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
    private readonly byte[] _hash, _maskHash;

    private CutoutIdentity(byte[] imageSha256, NamedModel model, CutoutOptions options, string? client)
    {
        Options = options with { Model = model.Name };
        _hash = Hash(imageSha256, $"{Options.ToQuery()}\n{client}");
        _maskHash = Hash(imageSha256, $"mask {Options.OfMask().ToQuery()}\n{client}");
        Candidates = [.. model.Versions.Select(Under)];
        MaskCandidates = [.. model.MaskVersions.Select(MaskUnder)];
    }

    /// <summary>64 hex digits.</summary>
    public string Value => Convert.ToHexStringLower(_hash);

    /// <summary>The same of what the model sees: cutouts that differ in nothing else have one mask.</summary>
    public string MaskValue => Convert.ToHexStringLower(_maskHash);

    /// <summary>The client's options with the model named.</summary>
    public CutoutOptions Options { get; }

    /// <summary>The answer under each version that pods have now: one, or two while a new version is rolled out. Each of them is right.</summary>
    public IReadOnlyList<CutoutKey> Candidates { get; }

    /// <summary>Likewise the mask.</summary>
    public IReadOnlyList<MaskKey> MaskCandidates { get; }

    public static CutoutIdentity Of(byte[] imageSha256, NamedModel model, CutoutOptions options, string? client) => new(imageSha256, model, options, client);

    /// <summary>Names the answer that a pod of this version gave; null for a pod that did not say its version.</summary>
    public CutoutKey? KeyOf(Cutout cutout) => cutout.Version is { } version ? Under(version) : null;

    public MaskKey KeyOf(Mask mask) => MaskUnder(mask.Version);

    private CutoutKey Under(string version) => new(Convert.ToHexStringLower(Hash(_hash, version)));

    private MaskKey MaskUnder(string version) => MaskUnder(_maskHash, version);

    /// <summary>The mask of an image whose <see cref="MaskValue"/> was noted.</summary>
    public static MaskKey MaskUnder(string maskValue, string version) => MaskUnder(Convert.FromHexString(maskValue), version);

    private static MaskKey MaskUnder(byte[] hash, string version) => new(Convert.ToHexStringLower(Hash(hash, version)), version);

    private static byte[] Hash(byte[] first, string then) => SHA256.HashData([.. first, .. Encoding.UTF8.GetBytes(then)]);
}

/// <summary>Names an answer by what was asked and by the version that made it, so that a new model or pipeline needs no purge.</summary>
/// <param name="Value">64 hex digits.</param>
internal sealed record CutoutKey(string Value)
{
    /// <summary>Weak: another pod may make the same picture with other bytes (its batch, its zlib).</summary>
    public string ETag => $"W/\"{Value}\"";

    /// <summary>Of bytes that are kept, such as a task's result: asked for again, in parts as well, they are the same.</summary>
    public string StrongETag => $"\"{Value}\"";
}

/// <summary>Names a mask likewise.</summary>
/// <param name="Value">64 hex digits.</param>
/// <param name="Version">That made it.</param>
internal sealed record MaskKey(string Value, string Version);
