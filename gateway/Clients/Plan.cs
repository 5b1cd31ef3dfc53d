using System.ComponentModel.DataAnnotations;

namespace Rembg.Gateway.Clients;

/// <summary>How much a client may ask for. The rate is a token bucket that fills continuously.</summary>
public sealed record Plan
{
    /// <summary>Requests a second, in the long run; fractions are fine.</summary>
    public double RatePerSecond { get; init; } = 100;

    /// <summary>Requests at once after a pause: the size of the bucket.</summary>
    public int Burst { get; init; } = 300;

    /// <summary>
    /// Tokens that a run of a model costs, by the model's name; 1 for a model without an entry. A request takes one token on
    /// arrival, and the rest when its run has ended.
    /// </summary>
    public Dictionary<string, double> ModelTokens { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Tokens for each million pixels of an image that a pod works on, beside those of the model. Cached cutouts cost one token.</summary>
    public double TokensPerMegapixel { get; init; }

    /// <summary>
    /// Requests under way at the same time, for each gateway; 0 sets no limit. Enough for two hundred photographs at once,
    /// an eighth of <c>Edge:MaxConnections</c>.
    /// </summary>
    public int Concurrency { get; init; } = 256;

    /// <summary>Share of each bound of the task queue, above 0 and at most 1; by default <c>Tasks:ClientShare</c>.</summary>
    public double? TaskShare { get; init; }

    /// <summary>Turns in the task queue for each turn of a client with weight 1.</summary>
    public int TaskWeight { get; init; } = 1;

    /// <summary>Share of the pods when requests wait: a client of weight 2 has two served for each one of a client of weight 1.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Tokens of a pod's work beyond the one that the request took on arrival.</summary>
    /// <param name="model">That ran; null when the image was only drawn.</param>
    /// <param name="pixels">Of the image.</param>
    internal double CostOf(string? model, long pixels) =>
        (model is null ? 0 : ModelTokens.GetValueOrDefault(model, 1) - 1) + TokensPerMegapixel * pixels / 1e6;

    internal IEnumerable<ValidationResult> Validate(string key)
    {
        if (!(RatePerSecond is > 0 and <= 1e6)) yield return new($"{key}:RatePerSecond must be above 0 and at most 1,000,000.");
        if (Burst is < 1 or > 1_000_000) yield return new($"{key}:Burst must be 1 to 1,000,000.");
        foreach (var (model, tokens) in ModelTokens)
            if (!(tokens is >= 1 and <= 1000)) yield return new($"{key}:ModelTokens:{model} must be 1 to 1000.");
        if (!(TokensPerMegapixel is >= 0 and <= 1000)) yield return new($"{key}:TokensPerMegapixel must be 0 to 1000.");
        if (Concurrency < 0) yield return new($"{key}:Concurrency must not be negative.");
        if (TaskShare is not (null or (> 0 and <= 1))) yield return new($"{key}:TaskShare must be above 0 and at most 1.");
        if (TaskWeight is < 1 or > 1000) yield return new($"{key}:TaskWeight must be 1 to 1000.");
        if (!(Weight is >= 0.1 and <= 100)) yield return new($"{key}:Weight must be 0.1 to 100.");
    }
}
