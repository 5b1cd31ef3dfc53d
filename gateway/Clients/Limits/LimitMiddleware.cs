using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>Holds every client to its plan, or to <see cref="ClientOptions.Reads"/>, before any byte of the body is read.</summary>
internal sealed class LimitMiddleware(RequestDelegate next, ClientLimits limits, LimitMetrics metrics, IOptions<ClientOptions> options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        // 1. Who is it, and which limits hold here?
        var limit = context.GetEndpoint()?.Metadata.GetMetadata<LimitedByPlan>();
        var reader = context.Features.Get<Client>() ?? Client.Anonymous(context.Connection.RemoteIpAddress, options.Value.Anonymous);
        reader = new($"reads {reader.Id}", options.Value.Reads);
        var client = limit is null ? reader : context.GetClient();

        // 2. Simultaneous requests, before the rate: a refusal costs no token.
        using var place = limits.Places.AttemptAcquire(client);
        if (!place.IsAcquired)
        {
            await RefuseAsync(context, LimitMetrics.Concurrency, RateLimitHeaders.ForPlaces(client.Plan), TimeSpan.FromSeconds(1),
                $"At most {client.Plan.Concurrency} requests may be under way at once.");
            return;
        }

        // 3. Rate.
        var isCharged = limit is { IsCharged: true };
        var plan = isCharged ? client.Plan : reader.Plan;
        using var tokens = isCharged
            ? await limits.Tokens.AcquireAsync(client, cancellationToken: context.RequestAborted)
            : limits.ReadTokens.AttemptAcquire(reader);
        tokens.TryGetMetadata(BucketLease.Remaining, out var remaining);
        tokens.TryGetMetadata(BucketLease.Wait, out var wait);
        var headers = RateLimitHeaders.ForTokens(plan, remaining, wait);
        if (isCharged) context.Features.Set(new RateLimitState(plan, remaining));
        if (!tokens.IsAcquired)
        {
            await RefuseAsync(context, LimitMetrics.Rate, headers, wait,
                FormattableString.Invariant($"At most {plan.RatePerSecond} requests a second, {plan.Burst} at once."));
            return;
        }

        if (isCharged) headers.AddTo(context.Response);
        await next(context);
    }

    private async Task RefuseAsync(HttpContext context, string reason, RateLimitHeaders headers, TimeSpan wait, string detail)
    {
        metrics.Limited(reason);
        headers.AddTo(context.Response);
        // Up to half as long again, so that those who were refused together do not come back together.
        await ProblemWriter.WriteAsync(context, Problem.RateLimited(wait + wait * (Random.Shared.NextDouble() / 2), detail));
    }
}

/// <summary>Endpoint metadata: requests hold one of the places of the client's plan.</summary>
/// <param name="IsCharged">Whether they also take a token of it; else they take one of <see cref="ClientOptions.Reads"/>.</param>
internal sealed record LimitedByPlan(bool IsCharged);
