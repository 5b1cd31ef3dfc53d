using Microsoft.Extensions.Options;
using Rembg.Gateway.Clients.Keys;

namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>What signs a client's webhooks.</summary>
internal sealed class WebhookSecrets(ApiKeyStore keys, IOptions<WebhookOptions> options)
{
    private readonly WebhookSecret[] _withoutKeys = [.. options.Value.Secrets.Select(secret => WebhookSecret.TryParse(secret)!)];

    /// <summary>Each of them signs; none where nobody gave the client one.</summary>
    public IReadOnlyList<WebhookSecret> Of(string client, bool isAnonymous) => isAnonymous ? _withoutKeys : keys.WebhookSecretsOf(client);
}
