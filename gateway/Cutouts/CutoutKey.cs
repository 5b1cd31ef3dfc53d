using System.Security.Cryptography;
using System.Text;
using Rembg.Contract.Cutouts;
using Rembg.Gateway.Pods;

namespace Rembg.Gateway.Cutouts;

/// <summary>
/// Names an answer by what it is made of: image, model, pipeline, options (and client, where caches are apart). Equal
/// requests have equal keys whatever API they came through, and a new model or pipeline needs no purge.
/// </summary>
internal sealed record CutoutKey
{
    private CutoutKey(byte[] hash, CutoutOptions options) => (Value, Options) = (Convert.ToHexStringLower(hash), options);

    /// <summary>64 hex digits.</summary>
    public string Value { get; }

    /// <summary>The client's options with the model named.</summary>
    public CutoutOptions Options { get; }

    /// <summary>Weak: another pod may make the same picture with other bytes (its batch, its zlib).</summary>
    public string ETag => $"W/\"{Value}\"";

    /// <summary>Of an answer that was kept elsewhere with the value of its key.</summary>
    public static CutoutKey Kept(string value, CutoutOptions options) => new(Convert.FromHexString(value), options);

    public static CutoutKey Of(byte[] imageSha256, NamedModel model, CutoutOptions options, string? client)
    {
        var named = options with { Model = model.Name };
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(imageSha256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{model.Version}\n{named.ToQuery()}\n{client}"));
        return new(hash.GetHashAndReset(), named);
    }
}
