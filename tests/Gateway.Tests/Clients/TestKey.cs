using System.Text.Json;
using Rembg.Gateway.Clients.Keys;

namespace Rembg.Gateway.Tests.Clients;

/// <summary>A key and what is stored of it.</summary>
internal sealed record TestKey(string Text, KeyRecord Record)
{
    public static TestKey Create(string client = "shop-a", string plan = "standard", DateTimeOffset? expires = null, DateTimeOffset? revoked = null)
    {
        var key = ApiKey.Create();
        return new(key.Reveal(), new()
        {
            Id = key.Id,
            Client = client,
            Plan = plan,
            ExpiresAt = expires,
            RevokedAt = revoked,
            Sha256 = Convert.ToHexStringLower(key.Hash()),
        });
    }

    /// <summary>The key with one character of its secret changed and the checksum left as it was.</summary>
    public string Mistyped => Text[..20] + (Text[20] == 'x' ? 'y' : 'x') + Text[21..];

    public static string[] Settings(params TestKey[] keys) =>
    [
        .. keys.SelectMany((key, i) => new[]
        {
            $"Clients:Keys:{i}:Id={key.Record.Id}", $"Clients:Keys:{i}:Client={key.Record.Client}",
            $"Clients:Keys:{i}:Plan={key.Record.Plan}", $"Clients:Keys:{i}:Sha256={key.Record.Sha256}",
            key.Record.ExpiresAt is { } expires ? $"Clients:Keys:{i}:ExpiresAt={expires:O}" : "",
            key.Record.RevokedAt is { } revoked ? $"Clients:Keys:{i}:RevokedAt={revoked:O}" : "",
        }).Where(setting => setting.Length > 0),
    ];

    public static string Json(params TestKey[] keys) => JsonSerializer.Serialize(keys.Select(key => key.Record), JsonSerializerOptions.Web);
}
