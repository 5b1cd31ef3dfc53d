using System.ComponentModel.DataAnnotations;

namespace Rembg.Gateway.Clients;

/// <summary>How much a client may ask for. The rate is a token bucket that fills continuously.</summary>
public sealed record Plan
{
    /// <summary>Requests a second, in the long run; fractions are fine.</summary>
    public double RatePerSecond { get; init; } = 100;

    /// <summary>Requests at once after a pause: the size of the bucket.</summary>
    public int Burst { get; init; } = 300;

    /// <summary>Requests under way at the same time, for each gateway; 0 sets no limit.</summary>
    public int Concurrency { get; init; }

    /// <summary>Share of the pods when requests wait: a client of weight 2 has two served for each one of a client of weight 1.</summary>
    public double Weight { get; init; } = 1;

    internal IEnumerable<ValidationResult> Validate(string key)
    {
        if (!(RatePerSecond is > 0 and <= 1e6)) yield return new($"{key}:RatePerSecond must be above 0 and at most 1,000,000.");
        if (Burst is < 1 or > 1_000_000) yield return new($"{key}:Burst must be 1 to 1,000,000.");
        if (Concurrency < 0) yield return new($"{key}:Concurrency must not be negative.");
        if (!(Weight is >= 0.1 and <= 100)) yield return new($"{key}:Weight must be 0.1 to 100.");
    }
}
