using System.Security.Cryptography;
using System.Text;
using Rembg.Contract.Cutouts;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>The <c>Idempotency-Key</c> header (draft-ietf-httpapi-idempotency-key-header).</summary>
internal static class IdempotencyKey
{
    public const string Header = "Idempotency-Key";
    private const int MaxLength = 255;

    /// <summary>Null when there is none. Only its hash is kept, so that its text cannot get into logs or names of keys.</summary>
    /// <exception cref="ProblemException">400: empty, repeated, too long or not printable ASCII.</exception>
    public static string? Read(HttpRequest request, string client)
    {
        if (!request.Headers.TryGetValue(Header, out var values)) return null;
        if (values is not [{ Length: > 0 and <= MaxLength } key] || key.Any(c => c is < ' ' or > '~'))
            throw Problem.InvalidParameter(Header, $"must be 1 to {MaxLength} printable ASCII characters, given once").AsException();
        return Hash(Encoding.UTF8.GetBytes($"{client}\n{key}"));
    }

    /// <summary>What must be equal for a request to be the same one.</summary>
    public static string Fingerprint(byte[] imageSha256, CutoutOptions options, string? webhookUrl) =>
        Hash([.. imageSha256, .. Encoding.UTF8.GetBytes(options.ToQuery() + (webhookUrl is null ? "" : "\n" + webhookUrl))]);

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
