using Rembg.Contract.Problems;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>Holds the client of a limited endpoint to its plan, before any byte of the body is read.</summary>
internal sealed class LimitMiddleware(RequestDelegate next, ClientLimits limits, LimitMetrics metrics)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<LimitedByPlan>() is null)
        {
            await next(context);
            return;
        }
        var client = context.GetClient();

        // 1. Simultaneous requests, first: a refusal costs no token.
        using var place = limits.Places.AttemptAcquire(client);
        if (!place.IsAcquired)
        {
            await RefuseAsync(context, LimitMetrics.Concurrency, RateLimitHeaders.ForPlaces(client.Plan), TimeSpan.FromSeconds(1),
                $"At most {client.Plan.Concurrency} requests may be under way at once.");
            return;
        }

        // 2. Rate.
        using var tokens = await limits.Tokens.AcquireAsync(client, cancellationToken: context.RequestAborted);
        tokens.TryGetMetadata(BucketLease.Remaining, out var remaining);
        tokens.TryGetMetadata(BucketLease.Wait, out var wait);
        var headers = RateLimitHeaders.ForTokens(client.Plan, remaining, wait);
        context.Features.Set(new RateLimitState(client.Plan, remaining));
        if (!tokens.IsAcquired)
        {
            await RefuseAsync(context, LimitMetrics.Rate, headers, wait,
                FormattableString.Invariant($"At most {client.Plan.RatePerSecond} requests a second, {client.Plan.Burst} at once."));
            return;
        }

        headers.AddTo(context.Response);
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

/// <summary>Endpoint metadata: requests count against the client's plan.</summary>
internal sealed class LimitedByPlan;
