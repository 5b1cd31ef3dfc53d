using System.ComponentModel.DataAnnotations;

namespace Rembg.Gateway.Pods;

/// <summary>Where the inference pods are and how to deal with them.</summary>
public sealed class PodsOptions : IValidatableObject
{
    public const string Section = "Pods";

    /// <summary>
    /// Pods by address (<c>http://10.0.0.7:8080</c>) or by the name of a headless service, each of whose addresses is a
    /// pod. Without any, the one that <c>run.sh</c> starts beside the gateway.
    /// </summary>
    public IList<string> Addresses { get; } = [];

    /// <summary>Management addresses in the same order; without one it is the pod's address with its port + 80.</summary>
    public IList<string> ManagementAddresses { get; } = [];

    /// <summary>How often names are looked up again: new pods take part, and old ones leave, after this time.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00", ErrorMessage = "Pods:ResolveEvery must be between 50 ms and 5 min.")]
    public TimeSpan ResolveEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How often each pod's <c>/readyz</c> and <c>/v1/models</c> are asked.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:05:00", ErrorMessage = "Pods:ProbeEvery must be between 50 ms and 5 min.")]
    public TimeSpan ProbeEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Time for a probe's answer and for a connection to a pod.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00", ErrorMessage = "Pods:ConnectTimeout must be between 50 ms and 1 min.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Probes in a row that must fail before a pod is out. Runs of one that did not answer them at all are given to another
    /// pod, where there is one: by default at most 8 s after it began to hang, by the two times above.
    /// </summary>
    [Range(1, 100, ErrorMessage = "Pods:FailedProbes must be between 1 and 100.")]
    public int FailedProbes { get; set; } = 2;

    /// <summary>
    /// How long a pod is ejected after a connection to it failed or broke, or after several invalid responses in a row. It still gets runs
    /// when no other pod is available. A pod that cannot be connected to is unavailable until a probe succeeds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:10:00", ErrorMessage = "Pods:EjectionTime must be between 50 ms and 10 min.")]
    public TimeSpan EjectionTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a pod that said it is full is not asked. Short: a place may be free again after the next batch.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00", ErrorMessage = "Pods:FullFor must be between 0 and 1 min.")]
    public TimeSpan FullFor { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a request waits for a pod while none is there, or none has room and nothing moves; then 503.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00", ErrorMessage = "Pods:WaitForPod must be between 0 and 10 min.")]
    public TimeSpan WaitForPod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Requests that may wait for a pod; one more is 503. The memory that they hold is bounded by Uploads:MaxBytesInFlight.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Pods:MaxWaiting must be between 1 and 1000000.")]
    public int MaxWaiting { get; set; } = 2048;

    /// <summary>Requests of one client that may wait for a pod; one more is 429.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Pods:MaxWaitingPerClient must be between 1 and 1000000.")]
    public int MaxWaitingPerClient { get; set; } = 256;

    /// <summary>Share of the runs that tasks get while interactive requests wait.</summary>
    [Range(0.01, 0.5, ErrorMessage = "Pods:BackgroundShare must be between 0.01 and 0.5.")]
    public double BackgroundShare { get; set; } = 0.1;

    /// <summary>Bytes of an answer that are accepted from a pod; more is 502.</summary>
    [Range(1024, int.MaxValue, ErrorMessage = "Pods:MaxAnswerBytes must be between 1 KiB and 2 GiB.")]
    public int MaxAnswerBytes { get; set; } = 256 << 20;

    /// <summary>Retries that may be saved up; each is one run on a second pod. A dying pod needs one for each run it held.</summary>
    [Range(1, 100_000, ErrorMessage = "Pods:RetryBurst must be between 1 and 100000.")]
    public int RetryBurst { get; set; } = 100;

    /// <summary>Share of runs that may be retried once the burst is spent, so that retries never multiply an overload.</summary>
    [Range(0.0, 1.0, ErrorMessage = "Pods:RetryShare must be between 0 and 1.")]
    public double RetryShare { get; set; } = 0.1;

    /// <summary>How long an image that pods died of is refused.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "1.00:00:00", ErrorMessage = "Pods:QuarantineFor must be between 50 ms and a day.")]
    public TimeSpan QuarantineFor { get; set; } = TimeSpan.FromMinutes(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Addresses.Concat(ManagementAddresses)
            .Where(address => !Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttp)
            .Select(address => new ValidationResult($"Pods:Addresses and Pods:ManagementAddresses must be http:// addresses; '{address}' is not."));
}
