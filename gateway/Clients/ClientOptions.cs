using System.ComponentModel.DataAnnotations;
using Rembg.Gateway.Clients.Keys;

namespace Rembg.Gateway.Clients;

/// <summary>Who may use the service and how much. Without <see cref="Keys"/> and <see cref="KeysFile"/> API keys are off.</summary>
public sealed class ClientOptions : IValidatableObject
{
    public const string Section = "Clients";

    /// <summary>Keys that are accepted (their hashes), beside those in <see cref="KeysFile"/>.</summary>
    public IReadOnlyList<KeyRecord> Keys { get; init; } = [];

    /// <summary>JSON file with a list of keys, usually a mounted secret; read again when it changes.</summary>
    public string? KeysFile { get; init; }

    /// <summary>Seconds between two looks at <see cref="KeysFile"/>: how long a revoked key may still work.</summary>
    [Range(0.1, 3600, ErrorMessage = Section + ":KeysFilePollSeconds must be 0.1 to 3600.")]
    public double KeysFilePollSeconds { get; init; } = 5;

    /// <summary>Plans by name; keys refer to them.</summary>
    public Dictionary<string, Plan> Plans { get; init; } = new(StringComparer.Ordinal) { ["standard"] = new() };

    /// <summary>The plan of every address when keys are off.</summary>
    public Plan Anonymous { get; init; } = new();

    /// <summary>
    /// What a client may ask beside its plan: task polling, lists, reference, page. By owner of a key, else by address,
    /// and counted by each gateway alone.
    /// </summary>
    public Plan Reads { get; init; } = new() { RatePerSecond = 200, Burst = 1000, Concurrency = 256 };

    /// <summary>Wrong keys that one address may try: a full bucket at first, then at this rate. Its <c>Concurrency</c> means nothing.</summary>
    public Plan WrongKeys { get; init; } = new() { RatePerSecond = 0.5, Burst = 20 };

    /// <summary>Milliseconds that a shared limit may take before the request is counted by this gateway alone.</summary>
    [Range(1, 10_000, ErrorMessage = Section + ":RedisTimeoutMilliseconds must be 1 to 10000.")]
    public int RedisTimeoutMilliseconds { get; init; } = 100;

    /// <summary>Whether a request needs a key. An empty file means that no key works, not that none is needed.</summary>
    public bool KeysRequired => Keys.Count > 0 || KeysFile is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
    [
        .. Plans.SelectMany(plan => plan.Value.Validate($"{Section}:Plans:{plan.Key}")),
        .. Anonymous.Validate($"{Section}:Anonymous"),
        .. Reads.Validate($"{Section}:Reads"),
        .. WrongKeys.Validate($"{Section}:WrongKeys"),
    ];
}
