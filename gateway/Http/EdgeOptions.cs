using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Rembg.Gateway.Http;

/// <summary>What the gateway takes from the network before it knows who asks.</summary>
public sealed class EdgeOptions : IValidatableObject
{
    public const string Section = "Edge";

    /// <summary>Time for a whole synchronous request, upload and answer included; then 504.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "01:00:00", ErrorMessage = "Edge:RequestTimeout must be between 0.1 s and 1 h.")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Open connections. When there are as many, a new one takes the place of an idle one of the address that holds most, or is refused.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Edge:MaxConnections must be between 1 and 1000000.")]
    public int MaxConnections { get; set; } = 2048;

    /// <summary>Open connections of one address (of one /64 for IPv6); more are refused. Trusted proxies may hold as many as there are.</summary>
    [Range(1, 1_000_000, ErrorMessage = "Edge:MaxConnectionsPerAddress must be between 1 and 1000000.")]
    public int MaxConnectionsPerAddress { get; set; } = 512;

    /// <summary>
    /// Time for the line and the headers of a request; then 408, and the connection is closed. A new connection that has
    /// said nothing at all is closed after the same time.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00", ErrorMessage = "Edge:HeadersTimeout must be between 1 s and 10 min.")]
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a client may send and take more slowly than <see cref="MinBytesPerSecond"/>; then it is cut off.</summary>
    [Range(typeof(TimeSpan), "00:00:01.1", "00:10:00", ErrorMessage = "Edge:SlowFor must be between 1.1 s and 10 min.")]
    public TimeSpan SlowFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Least rate, in bytes per second, at which a client must send and take.</summary>
    [Range(1, 1_000_000_000, ErrorMessage = "Edge:MinBytesPerSecond must be between 1 and 1000000000.")]
    public double MinBytesPerSecond { get; set; } = 16 << 10;

    /// <summary>Proxies, as addresses or networks (<c>10.0.0.0/8</c>), whose X-Forwarded-For and -Proto are believed. None by default.</summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Value of <see cref="CorsOrigins"/> for no origin.</summary>
    public const string NoOrigin = "none";

    /// <summary>Origins whose pages may call the API from a browser: empty or <c>*</c> for all, <c>none</c> for none.</summary>
    public IList<string> CorsOrigins { get; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var proxy in TrustedProxies.Where(proxy => !IPNetwork.TryParse(proxy, out _) && !IPAddress.TryParse(proxy, out _)))
            yield return new($"Edge:TrustedProxies must hold addresses or networks; '{proxy}' is neither.");
        if (CorsOrigins.Count > 1 && (CorsOrigins.Contains(NoOrigin) || CorsOrigins.Contains("*")))
            yield return new("Edge:CorsOrigins must hold origins, or '*' alone, or 'none' alone.");
    }
}
