using System.Globalization;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>
/// <c>RateLimit-Policy</c> and <c>RateLimit</c> as in the IETF draft draft-ietf-httpapi-ratelimit-headers: q = quota,
/// w = seconds in which it comes back, r = what is left of it, t = seconds until there is more.
/// </summary>
internal readonly record struct RateLimitHeaders(string Policy, string State)
{
    public static RateLimitHeaders ForTokens(Plan plan, long remaining, TimeSpan wait) =>
        new(PolicyOf(plan), Invariant($"\"requests\";r={remaining};t={Math.Ceiling(wait.TotalSeconds)}"));

    public static RateLimitHeaders ForPlaces(Plan plan) => new(PolicyOf(plan), "\"concurrent\";r=0");

    /// <summary>When the answer starts: whoever turns an error into an answer on the way clears the headers set so far.</summary>
    public void AddTo(HttpResponse response)
    {
        var (policy, state) = this;
        response.OnStarting(() =>
        {
            response.Headers["RateLimit-Policy"] = policy;
            response.Headers["RateLimit"] = state;
            return Task.CompletedTask;
        });
    }

    private static string PolicyOf(Plan plan)
    {
        var requests = Invariant($"\"requests\";q={plan.Burst};w={Math.Ceiling(plan.Burst / plan.RatePerSecond)}");
        return plan.Concurrency == 0 ? requests : requests + Invariant($", \"concurrent\";q={plan.Concurrency};qu=\"concurrent-requests\"");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
