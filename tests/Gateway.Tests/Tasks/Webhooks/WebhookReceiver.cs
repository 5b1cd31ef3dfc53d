using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Rembg.Gateway.Tests.Fetching;
using StandardWebhooks;
using StandardWebhooks.Diagnostics;

namespace Rembg.Gateway.Tests.Tasks.Webhooks;

/// <summary>Keeps what a path of a host is sent, and answers by a script.</summary>
internal sealed class WebhookReceiver
{
    private readonly ConcurrentQueue<Message> _received = new();

    public WebhookReceiver(OriginServer host, string path, Func<int, int> status)
    {
        host.Answer(path, async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var message = new Message(new HeaderDictionary(context.Request.Headers.ToDictionary()), await reader.ReadToEndAsync());
            _received.Enqueue(message);
            context.Response.StatusCode = status(_received.Count);
            if (context.Response.StatusCode is >= 300 and < 400) context.Response.Headers.Location = "/elsewhere";
        });
    }

    public IReadOnlyList<Message> Received => [.. _received];

    internal sealed record Message(IHeaderDictionary Headers, string Body)
    {
        public string Id => Headers["webhook-id"].ToString();
        public JsonElement Json => JsonElement.Parse(Body);

        /// <summary>Whether one of the signatures is the secret's. StandardWebhooks 1.1.2 looks at the first alone, so each is tried.</summary>
        public bool IsSignedWith(string secret) => Headers["webhook-signature"].ToString().Split(' ').Any(signature => Verify(secret, signature));

        private bool Verify(string secret, string signature)
        {
            try
            {
                new StandardWebhook(secret).Verify(Body, new HeaderDictionary(Headers.ToDictionary()) { ["webhook-signature"] = signature });
                return true;
            }
            catch (WebhookVerificationException)
            {
                return false;
            }
        }
    }
}
