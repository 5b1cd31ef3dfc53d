using System.ComponentModel.DataAnnotations;
using System.Net;

namespace Rembg.Contract.Hosting;

/// <summary>Where a service listens and how long it may take to stop.</summary>
public sealed class ServiceOptions : IValidatableObject
{
    public const string Section = "Service";

    /// <summary>Address to bind: <c>*</c> for all interfaces, or an IP address.</summary>
    [Required] public string Address { get; set; } = "*";

    /// <summary>Port of the service itself; 0 takes any free one.</summary>
    [Range(0, 65535)] public int Port { get; set; }

    /// <summary>Port of <c>/livez</c>, <c>/readyz</c> and <c>/metrics</c>, which clients must not reach; 0 takes any free one.</summary>
    [Range(0, 65535)] public int ManagementPort { get; set; }

    /// <summary>Seconds that accepted requests have to finish after SIGTERM. Keep it below the pod's grace period.</summary>
    [Range(1, 3600)] public int DrainSeconds { get; set; } = 60;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Address == "*" || IPAddress.TryParse(Address, out _) ? [] : [new($"Service:Address must be * or an IP address; '{Address}' is neither.")];
}
