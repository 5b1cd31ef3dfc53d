using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Rembg.Gateway.Fetching;

/// <summary>Images by URL: from where they may come, how long that may take and how many at once. Their bytes are limited as those of uploads are.</summary>
public sealed class FetchingOptions : IValidatableObject
{
    public const string Section = "Fetching";

    /// <summary>Whether images are fetched at all. Off: a request with a URL is refused (docs/decisions/011).</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Hosts that may be asked, as <c>example.com</c> or <c>*.example.com</c> for those below it; all of them if empty. Their addresses are judged all the same.</summary>
    public IList<string> AllowedHosts { get; } = [];

    /// <summary>
    /// Networks (<c>10.1.2.0/24</c>) or addresses that may be connected to although they are not public, such as a storage inside the
    /// cluster. Whoever may call the gateway can then reach all of them: name <see cref="AllowedHosts"/> too.
    /// </summary>
    public IList<string> AllowedNetworks { get; } = [];

    /// <summary>Ports that may be connected to, beside 80 and 443.</summary>
    public IList<int> AllowedPorts { get; } = [];

    /// <summary>Time for looking up a host, connecting and TLS.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00", ErrorMessage = "Fetching:ConnectTimeout must be between 0.1 s and 1 min.")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Time for a whole image with all redirects, once it has a place.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:10:00", ErrorMessage = "Fetching:Timeout must be between 0.1 s and 10 min.")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Redirects that are followed; each is judged as the first URL was.</summary>
    [Range(0, 20, ErrorMessage = "Fetching:MaxRedirects must be between 0 and 20.")]
    public int MaxRedirects { get; set; } = 5;

    /// <summary>Images that are fetched at once; more wait.</summary>
    [Range(1, 10_000, ErrorMessage = "Fetching:MaxConcurrent must be between 1 and 10000.")]
    public int MaxConcurrent { get; set; } = 64;

    /// <summary>Images of one client that are fetched at once; more wait.</summary>
    [Range(1, 10_000, ErrorMessage = "Fetching:MaxConcurrentPerClient must be between 1 and 10000.")]
    public int MaxConcurrentPerClient { get; set; } = 8;

    /// <summary>How long an image waits for a place: then 429 where its client's are all taken, else 503.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00", ErrorMessage = "Fetching:MaxWait must be between 0 and 10 min.")]
    public TimeSpan MaxWait { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>URLs whose image is known by its hash, so that the host is only asked whether it has changed; 0 remembers none.</summary>
    [Range(0, 1_000_000, ErrorMessage = "Fetching:MaxKnownUrls must be between 0 and 1000000.")]
    public int MaxKnownUrls { get; set; } = 10_000;

    /// <summary>How long a URL's image stays known.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00", ErrorMessage = "Fetching:KnownFor must be between 1 s and 1 day.")]
    public TimeSpan KnownFor { get; set; } = TimeSpan.FromMinutes(10);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var network in AllowedNetworks.Where(network => !AddressJudge.TryParse(network, out _)))
            yield return new($"Fetching:AllowedNetworks must hold networks or addresses; '{network}' is neither.");
        foreach (var host in AllowedHosts.Where(host => Uri.CheckHostName(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host) == UriHostNameType.Unknown))
            yield return new($"Fetching:AllowedHosts must hold host names, or '*.' and a host name; '{host}' is neither.");
        foreach (var port in AllowedPorts.Where(port => port is < 1 or > IPEndPoint.MaxPort))
            yield return new($"Fetching:AllowedPorts must hold ports from 1 to {IPEndPoint.MaxPort}; {port} is none.");
        if (MaxConcurrentPerClient > MaxConcurrent)
            yield return new("Fetching:MaxConcurrentPerClient must not be more than Fetching:MaxConcurrent.");
    }
}
