using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Rembg.Gateway.Http;

/// <summary>What the gateway takes from the network before it knows who asks.</summary>
public sealed class EdgeOptions : IValidatableObject
{
    public const string Section = "Edge";

    /// <summary>Time for a synchronous request, from the end of its upload to the response; then 504. An upload has <c>Uploads:Timeout</c>.</summary>
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

    /// <summary>
    /// How long an idle connection is kept after a request. Longer than the balancer in front keeps it: whoever closes first while
    /// the other sends makes a 502 for somebody.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00", ErrorMessage = "Edge:KeepAliveTimeout must be between 1 s and 1 h.")]
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromSeconds(130);

    /// <summary>Headers of a request; more is 431. A browser behind CDN, ingress and mesh sends 40 to 60.</summary>
    [Range(10, 1000, ErrorMessage = "Edge:MaxHeaders must be between 10 and 1000.")]
    public int MaxHeaders { get; set; } = 100;

    /// <summary>Bytes of all headers of a request; more is 431. Cookies of a parent domain alone pass 16 KiB.</summary>
    [Range(1 << 10, 64 << 10, ErrorMessage = "Edge:MaxHeaderBytes must be between 1 KiB and 64 KiB.")]
    public int MaxHeaderBytes { get; set; } = 32 << 10;

    /// <summary>How long a client may send and take more slowly than <see cref="MinBytesPerSecond"/>; then it is cut off.</summary>
    [Range(typeof(TimeSpan), "00:00:01.1", "00:10:00", ErrorMessage = "Edge:SlowFor must be between 1.1 s and 10 min.")]
    public TimeSpan SlowFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Least rate, in bytes per second, at which a client must send and take.</summary>
    [Range(1, 1_000_000_000, ErrorMessage = "Edge:MinBytesPerSecond must be between 1 and 1000000000.")]
    public double MinBytesPerSecond { get; set; } = 16 << 10;

    /// <summary>Proxies, as addresses or networks (<c>10.0.0.0/8</c>), whose X-Forwarded-For, -Proto, -Host and -Prefix are believed. None by default.</summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Path under which the service is reached from outside, such as <c>/cutouts</c>, where no trusted proxy says so. Links then begin with it.</summary>
    [RegularExpression("(/[A-Za-z0-9._~-]+)+", ErrorMessage = "Edge:PathBase must begin with a slash and not end with one.")]
    public string? PathBase { get; set; }

    /// <summary>Whether <c>GET /healthz</c> on the service port says that the gateway answers, for balancers that can reach no other port.</summary>
    public bool Health { get; set; } = true;

    /// <summary>Value of <see cref="CorsOrigins"/> for no origin.</summary>
    public const string NoOrigin = "none";

    /// <summary>Origins whose pages may call the API from a browser: empty or <c>*</c> for all, <c>none</c> for none.</summary>
    public IList<string> CorsOrigins { get; } = [];

    internal bool AllowsAnyOrigin => CorsOrigins is [] or ["*"];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var proxy in TrustedProxies.Where(proxy => !IPNetwork.TryParse(proxy, out _) && !IPAddress.TryParse(proxy, out _)))
            yield return new($"Edge:TrustedProxies must hold addresses or networks; '{proxy}' is neither.");
        if (CorsOrigins.Count > 1 && (CorsOrigins.Contains(NoOrigin) || CorsOrigins.Contains("*")))
            yield return new("Edge:CorsOrigins must hold origins, or '*' alone, or 'none' alone.");
    }
}
