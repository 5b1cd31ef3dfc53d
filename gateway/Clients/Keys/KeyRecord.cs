using System.Text.Json;
using System.Text.Json.Serialization;

namespace Rembg.Gateway.Clients.Keys;

/// <summary>What is stored of a key, in <c>Clients:Keys</c> or the keys file: enough to recognise it, not enough to use it.</summary>
public sealed record KeyRecord
{
    /// <summary>The second part of the key.</summary>
    public string Id { get; init; } = "";

    /// <summary>Whose key this is: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>, at most 64. Two keys of one client share its limits.</summary>
    public string Client { get; init; } = "";

    /// <summary>A name in <c>Clients:Plans</c>.</summary>
    public string Plan { get; init; } = "standard";

    /// <summary>SHA-256 of the whole key, 64 hexadecimal digits.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>What its client's webhooks are signed with (<c>whsec_...</c>): one, or two while one replaces the other. Unlike the key these are secrets as they are.</summary>
    public IReadOnlyList<string> WebhookSecrets { get; init; } = [];

    /// <summary>From then on the key does not work any more; set it to retire an old key after a rotation.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When the key was taken back; it has not worked since.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>Without a colon, so that no client can be named like an address.</summary>
    internal static bool IsClientName(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    // Lines are pasted in by people; a misspelt "revokedAt" must not leave the key alive.
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip)]
[JsonSerializable(typeof(List<KeyRecord>))]
[JsonSerializable(typeof(KeyRecord))]
internal sealed partial class KeyJson : JsonSerializerContext;
