using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Clients.Keys;

/// <summary>The keys that exist at this moment, and the answer to "whose is this?".</summary>
internal sealed class ApiKeyStore(IOptions<ClientOptions> options, TimeProvider clock)
{
    private static readonly StoredKey Nobody = new(null!, new byte[SHA256.HashSizeInBytes], null, null);

    private FrozenDictionary<string, StoredKey> _keys = FrozenDictionary<string, StoredKey>.Empty;
    private FrozenDictionary<string, Client> _clients = FrozenDictionary<string, Client>.Empty;
    private FrozenDictionary<string, WebhookSecret[]> _webhookSecrets = FrozenDictionary<string, WebhookSecret[]>.Empty;

    public int Count => _keys.Count;

    /// <summary>Those of all records of a client, of retired keys too: what is signed with them may still be on its way.</summary>
    public IReadOnlyList<WebhookSecret> WebhookSecretsOf(string client) => _webhookSecrets.GetValueOrDefault(client, []);

    /// <summary>The client of a task. Its plan is that of its last record, or the default one when its keys are gone.</summary>
    public Client Find(string id)
    {
        if (_clients.TryGetValue(id, out var client)) return client;
        client = new(id, options.Value.Anonymous);
        return client.IsAnonymous ? client : new(id, new());
    }

    public KeyCheck Check(string text)
    {
        // 1. A typo costs no look-up.
        if (!ApiKey.TryParse(text, out var key)) return KeyCheck.Wrong;

        // 2. An id that nobody has takes as long as a wrong secret.
        var stored = _keys.GetValueOrDefault(key.Id, Nobody);
        if (!CryptographicOperations.FixedTimeEquals(key.Hash(), stored.Hash)) return KeyCheck.Wrong;

        // 3. Whoever holds a retired key does not guess.
        return stored.IsLive(clock.GetUtcNow()) ? new(stored.Client, IsGuess: false) : KeyCheck.Retired;
    }

    /// <summary>Replaces all keys at once.</summary>
    /// <exception cref="InvalidDataException">A record is wrong; the message says which and why. The keys stay as they were.</exception>
    public void Load(IEnumerable<KeyRecord> records)
    {
        var keys = new Dictionary<string, StoredKey>(StringComparer.Ordinal);
        foreach (var record in records)
            if (record is null) throw new InvalidDataException("a key in the list is null");
            else if (!keys.TryAdd(record.Id, ToStored(record))) throw Wrong(record, "is there twice");
        _webhookSecrets = records.GroupBy(record => record.Client).ToFrozenDictionary(
            client => client.Key, client => client.SelectMany(record => record.WebhookSecrets).Distinct().Select(text => WebhookSecret.TryParse(text)!).ToArray(), StringComparer.Ordinal);
        _clients = keys.Values.GroupBy(key => key.Client.Id).ToFrozenDictionary(client => client.Key, client => client.Last().Client, StringComparer.Ordinal);
        _keys = keys.ToFrozenDictionary(StringComparer.Ordinal);
    }

    private StoredKey ToStored(KeyRecord record)
    {
        if (record.Id.Length == 0) throw Wrong(record, "has no id");
        if (!KeyRecord.IsClientName(record.Client)) throw Wrong(record, "needs a client of letters, digits, '-', '_' and '.'");
        if (!options.Value.Plans.TryGetValue(record.Plan, out var plan))
            throw Wrong(record, $"names plan '{record.Plan}', which is not in {ClientOptions.Section}:Plans");
        if (record.Sha256.Length != 2 * SHA256.HashSizeInBytes || !record.Sha256.All(char.IsAsciiHexDigit))
            throw Wrong(record, "needs a sha256 of 64 hexadecimal digits");
        if (record.WebhookSecrets.Count > 2 || record.WebhookSecrets.Any(secret => WebhookSecret.TryParse(secret) is null))
            throw Wrong(record, $"may have two webhookSecrets, and each {WebhookSecret.Rule}");
        return new(new(record.Client, plan), Convert.FromHexString(record.Sha256), record.ExpiresAt, record.RevokedAt);
    }

    private static InvalidDataException Wrong(KeyRecord record, string why) => new($"key '{record.Id}' {why}");

    private sealed record StoredKey(Client Client, byte[] Hash, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt)
    {
        public bool IsLive(DateTimeOffset now) => !(ExpiresAt <= now) && !(RevokedAt <= now);
    }
}

/// <summary>What a presented key turned out to be.</summary>
/// <param name="Client">Its owner, or null when it does not open anything.</param>
/// <param name="IsGuess">Whether it was no key that we ever gave out.</param>
internal readonly record struct KeyCheck(Client? Client, bool IsGuess)
{
    public static readonly KeyCheck Wrong = new(null, IsGuess: true);
    public static readonly KeyCheck Retired = new(null, IsGuess: false);
}
