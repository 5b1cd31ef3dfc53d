namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>Where a client wants to be told of its task's end.</summary>
/// <param name="Url">Judged as an image's URL is.</param>
/// <param name="Origin">What the client reached us by (<c>https://cutouts.example/base</c>), for the links in the message.</param>
internal sealed record Webhook(string Url, string Origin)
{
    /// <summary>Host and port, as one receiver.</summary>
    public string Host => new Uri(Url) is var url ? $"{url.IdnHost}:{url.Port}" : "";
}
