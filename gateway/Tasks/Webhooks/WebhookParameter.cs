using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Fetching;

namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>The parameter <c>webhook_url</c> of a task.</summary>
internal sealed class WebhookParameter(ITaskQueue queue, WebhookSecrets secrets, IOptions<FetchingOptions> fetching, IOptions<WebhookOptions> options)
{
    public const string Name = "webhook_url";

    /// <summary>Takes it out of the parameters, of which the rest are the cutout's. Null where there is none.</summary>
    /// <exception cref="ProblemException">400: it may not be asked, is given twice, or nothing could be delivered here.</exception>
    public Webhook? Take(HttpRequest request, Client client, List<KeyValuePair<string, string>> parameters)
    {
        var urls = parameters.Where(parameter => parameter.Key == Name && parameter.Value.Length > 0).Select(parameter => parameter.Value).Distinct().ToArray();
        parameters.RemoveAll(parameter => parameter.Key == Name);
        if (urls.Length == 0) return null;
        if (urls.Length > 1) throw Invalid("must be given once");
        if (!fetching.Value.Enabled || !queue.KeepsWebhooks) throw Invalid("is not supported by this server");
        if (secrets.Of(client.Id, client.IsAnonymous).Count == 0) throw Invalid("needs a secret to sign with: the operator gives your key one");
        if (TargetUrl.Parse(urls[0], fetching.Value) is not { } url) throw Invalid(TargetUrl.Rule);
        if (url.Scheme != Uri.UriSchemeHttps && !options.Value.AllowHttp) throw Invalid("must be an https URL");
        return new(url.AbsoluteUri, $"{request.Scheme}://{request.Host}{request.PathBase}");
    }

    private static ProblemException Invalid(string why) => Problem.InvalidParameter(Name, why).AsException();
}
