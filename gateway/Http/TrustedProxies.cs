using System.Net;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace Rembg.Gateway.Http;

/// <summary>The proxies of <see cref="EdgeOptions.TrustedProxies"/>, as networks.</summary>
internal sealed class TrustedProxies(IOptions<EdgeOptions> options)
{
    public IReadOnlyList<IPNetwork> Networks { get; } = [.. options.Value.TrustedProxies.Select(Parse)];

    public bool Contain(IPAddress? address)
    {
        if (address is null) return false;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return Networks.Any(network => network.Contains(address));
    }

    private static IPNetwork Parse(string proxy)
    {
        if (IPNetwork.TryParse(proxy, out var network)) return network;
        var address = IPAddress.Parse(proxy);
        return new(address, address.GetAddressBytes().Length * 8);
    }
}
