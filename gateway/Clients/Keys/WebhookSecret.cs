using System.Security.Cryptography;

namespace Rembg.Gateway.Clients.Keys;

/// <summary>What a client's webhooks are signed with, as Standard Webhooks 1.0 writes it: <c>whsec_</c> and 24 to 64 bytes in base64.</summary>
internal sealed record WebhookSecret
{
    private const string Prefix = "whsec_";
    private const int MinBytes = 24, MaxBytes = 64, NewBytes = 32;

    /// <summary>For a message of what is not one.</summary>
    public const string Rule = "must be 'whsec_' and 24 to 64 bytes in base64";

    private readonly byte[] _key;

    private WebhookSecret(byte[] key) => _key = key;

    /// <summary>Null for what is no secret.</summary>
    public static WebhookSecret? TryParse(string? text)
    {
        var key = new byte[MaxBytes];
        return text?.StartsWith(Prefix, StringComparison.Ordinal) == true && Convert.TryFromBase64String(text[Prefix.Length..], key, out var length) && length >= MinBytes
            ? new(key[..length])
            : null;
    }

    /// <summary>A new secret's text.</summary>
    public static string Create() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(NewBytes));

    /// <summary>HMAC-SHA256 in base64.</summary>
    public string Sign(byte[] content) => Convert.ToBase64String(HMACSHA256.HashData(_key, content));
}
