using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http.Features;

namespace Rembg.Gateway.Clients;

/// <summary>Who asks, and what they may do: the owner of a key, or an address when keys are off.</summary>
/// <param name="Id">Stable name that tasks and per-client caches go by: the key's client, or <c>ip:</c> and the address.</param>
/// <param name="Plan">How much this client may ask for.</param>
public sealed record Client(string Id, Plan Plan)
{
    /// <summary>What anonymous ids begin with; names of key owners cannot.</summary>
    private const string AddressPrefix = "ip:";

    /// <summary>True when nothing but the address is known.</summary>
    public bool IsAnonymous => Id.StartsWith(AddressPrefix, StringComparison.Ordinal);

    internal static Client Anonymous(IPAddress? address, Plan plan) => new(AddressPrefix + Source(address), plan);

    /// <summary>
    /// The address as one household has it: whoever owns an IPv6 address owns its whole /64, and could come with a
    /// new one for each request.
    /// </summary>
    internal static string Source(IPAddress? address)
    {
        if (address is null) return "unknown";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address.ToString();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes) + "/64";
    }
}

public static class ClientOfRequest
{
    /// <summary>The client of a request to an endpoint with <c>RequireClient</c> or <c>IdentifyClient</c>.</summary>
    public static Client GetClient(this HttpContext context) => context.Features.GetRequiredFeature<Client>();
}
