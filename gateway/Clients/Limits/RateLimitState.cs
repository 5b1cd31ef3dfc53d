namespace Rembg.Gateway.Clients.Limits;

/// <summary>Feature of a request that was charged to its client's plan, for APIs that tell it in headers of their own.</summary>
/// <param name="Count">Whole tokens after this request; 0 when it was refused.</param>
internal sealed record RateLimitState(Plan Plan, long Count)
{
    /// <summary>Until the bucket is full again.</summary>
    public TimeSpan UntilFull => TimeSpan.FromSeconds((Plan.Burst - Count) / Plan.RatePerSecond);
}
