using System.Globalization;
using System.Text.Json;

namespace Rembg.Gateway.Clients.Keys;

/// <summary>
/// <c>keys create --client NAME [--plan NAME] [--expires DATE]</c>: the key goes to its owner, the JSON line into the keys
/// file. The service itself never sees the key until it is used.
/// </summary>
internal static class KeysCommand
{
    private const string Usage = "usage: keys create --client NAME [--plan standard] [--expires 2030-01-31]";

    public static bool IsMeant(string[] args) => args is ["keys", ..];

    /// <returns>The exit code.</returns>
    public static int Run(string[] args, TextWriter output, TextWriter errors)
    {
        if (args is not ["keys", "create", .. var rest] || Read(rest) is not { } record)
        {
            errors.WriteLine(Usage);
            return 2;
        }

        var key = ApiKey.Create();
        var webhookSecret = WebhookSecret.Create();
        record = record with { Id = key.Id, Sha256 = Convert.ToHexStringLower(key.Hash()), WebhookSecrets = [webhookSecret] };
        output.WriteLine($"Key for {record.Client}, shown only now:");
        output.WriteLine(key.Reveal());
        output.WriteLine("Its webhooks are signed with this, and so is what the line below holds:");
        output.WriteLine(webhookSecret);
        output.WriteLine($"To accept it, add this to the list in {ClientOptions.Section}:KeysFile:");
        output.WriteLine(JsonSerializer.Serialize(record, KeyJson.Default.KeyRecord));
        return 0;
    }

    private static KeyRecord? Read(string[] pairs)
    {
        var record = new KeyRecord();
        foreach (var pair in pairs.Chunk(2))
        {
            switch (pair)
            {
                case ["--client", var client]: record = record with { Client = client }; break;
                case ["--plan", var plan]: record = record with { Plan = plan }; break;
                case ["--expires", var date] when DateTimeOffset.TryParse(date, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at):
                    record = record with { ExpiresAt = at };
                    break;
                default: return null;
            }
        }
        return KeyRecord.IsClientName(record.Client) ? record : null;
    }
}
