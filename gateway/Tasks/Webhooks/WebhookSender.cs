using Microsoft.Extensions.Options;
using Rembg.Gateway.Fetching;

namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>How an attempt went.</summary>
/// <param name="IsDelivered">The receiver said 2xx.</param>
/// <param name="Reason">What it said else, or why there was no answer.</param>
/// <param name="MayRetry">False after 410: the receiver wants no more of it.</param>
internal readonly record struct AttemptResult(bool IsDelivered, string Reason = "", bool MayRetry = true);

/// <summary>One attempt: signed, to a judged address, without following redirects. Nothing of the answer is read but its status.</summary>
internal sealed class WebhookSender(OutboundHttp http, WebhookSecrets secrets, IOptions<WebhookOptions> options, TimeProvider time)
{
    public async Task<AttemptResult> SendAsync(Delivery delivery, CancellationToken cancelled)
    {
        if (secrets.Of(delivery.Client, delivery.IsAnonymous) is not { Count: > 0 } signers) return new(false, "no_secret");
        using var timeout = new CancellationTokenSource(options.Value.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, timeout.Token);
        try
        {
            using var request = delivery.Message.ToRequest(delivery.Url, "msg_" + delivery.Id, signers, time.GetUtcNow());
            using var answer = await http.SendAsync(request, either.Token);
            return answer.IsSuccessStatusCode ? new(true) : new(false, $"status_{(int)answer.StatusCode}", MayRetry: answer.StatusCode != System.Net.HttpStatusCode.Gone);
        }
        catch (FetchException failed)
        {
            return new(false, FetchMetrics.ResultOf(failed.Failure));
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancelled.IsCancellationRequested)
        {
            return new(false, FetchMetrics.ResultOf(FetchFailure.Timeout));
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            return new(false, FetchMetrics.ResultOf(FetchFailure.BadAnswer));
        }
    }
}
