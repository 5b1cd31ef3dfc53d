using System.ComponentModel.DataAnnotations;
using Rembg.Gateway.Clients.Keys;

namespace Rembg.Gateway.Tasks.Webhooks;

/// <summary>Webhooks: what signs them where keys are off, and how they are sent. Where they may go is said by <c>Fetching</c>, how many may wait by <c>Tasks</c>.</summary>
public sealed class WebhookOptions : IValidatableObject
{
    public const string Section = "Webhooks";

    /// <summary>
    /// What signs the webhooks of clients without a key (<c>whsec_...</c>); two while one replaces the other. An owner of a key has its own, in the
    /// key's record. Without a secret a <c>webhook_url</c> is refused.
    /// </summary>
    public IList<string> Secrets { get; } = [];

    /// <summary>Whether <c>http</c> will do, for receivers inside a cluster; else <c>https</c> only.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>Time for one attempt, from the look-up of the host to the status of its answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00", ErrorMessage = "Webhooks:Timeout must be between 0.1 s and 5 min.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Attempts before a delivery is given up.</summary>
    [Range(1, 100, ErrorMessage = "Webhooks:MaxAttempts must be between 1 and 100.")]
    public int MaxAttempts { get; set; } = 8;

    /// <summary>Wait after the first attempt that failed; four times as long after each further one, and up to half as long again by chance. The host rests as long.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "01:00:00", ErrorMessage = "Webhooks:RetryDelay must be between 50 ms and 1 h.")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Clients whose webhooks this gateway sends at once; more take turns.</summary>
    [Range(1, 1000, ErrorMessage = "Webhooks:MaxClients must be between 1 and 1000.")]
    public int MaxClients { get; set; } = 16;

    /// <summary>Webhooks of one client that are sent at once, by all gateways together.</summary>
    [Range(1, 1000, ErrorMessage = "Webhooks:MaxConcurrentPerClient must be between 1 and 1000.")]
    public int MaxConcurrentPerClient { get; set; } = 8;

    /// <summary>Webhooks of one client to one host that are sent at once.</summary>
    [Range(1, 1000, ErrorMessage = "Webhooks:MaxConcurrentPerHost must be between 1 and 1000.")]
    public int MaxConcurrentPerHost { get; set; } = 4;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Secrets.Count > 2) yield return new("Webhooks:Secrets must hold at most two: a new one and the one that it replaces.");
        if (Secrets.Any(secret => WebhookSecret.TryParse(secret) is null)) yield return new($"Webhooks:Secrets: each {WebhookSecret.Rule}.");
    }

    /// <summary>The wait after <paramref name="attempts"/> attempts that failed.</summary>
    /// <param name="attempts">1 or more.</param>
    /// <param name="chance">0 to 1: those that failed together do not come back together.</param>
    internal TimeSpan DelayAfter(int attempts, double chance) => RetryDelay * Math.Pow(4, Math.Min(attempts - 1, 8)) * (1 + chance / 2);
}
