using System.Net;
using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Fetching;

/// <summary>
/// Which addresses may be connected to on behalf of a stranger: public ones, and those that the operator allows. Blocks: IANA's registries
/// of special-purpose addresses (RFC 6890). The chart's network policy has the same ones; a test compares them.
/// </summary>
internal sealed class AddressJudge(IOptions<FetchingOptions> options)
{
    /// <summary>All that is public of IPv6, but for <see cref="SpecialV6"/>: the rest is local, multicast or reserved.</summary>
    public static readonly IPNetwork PublicV6 = IPNetwork.Parse("2000::/3");

    public static readonly IPNetwork[] SpecialV4 = Parse(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4");

    /// <summary>Teredo and its like, documentation, 6to4 (whatever IPv4 address is in it).</summary>
    public static readonly IPNetwork[] SpecialV6 = Parse("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>A translator connects to the IPv4 address at the end of these (RFC 6052).</summary>
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    private readonly IPNetwork[] _allowed = [.. options.Value.AllowedNetworks.Select(text => TryParse(text, out var network) ? network : throw new FormatException(text))];

    public bool Allows(IPAddress address)
    {
        // First, since IPNetwork compares the IPv4 bits of a mapped address with those of an IPv6 network: 2000::/3 holds ::ffff:10.0.0.1 for it.
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (Nat64.Contains(address)) address = new(address.GetAddressBytes().AsSpan(12));
        return IsPublic(address) || _allowed.Any(network => network.Contains(address));
    }

    /// <summary>A network, or an address, which is a network of one.</summary>
    public static bool TryParse(string text, out IPNetwork network)
    {
        if (IPNetwork.TryParse(text, out network)) return true;
        if (!IPAddress.TryParse(text, out var address)) return false;
        network = new(address, address.GetAddressBytes().Length * 8);
        return true;
    }

    private static bool IsPublic(IPAddress address) => address.GetAddressBytes().Length == 4
        ? !SpecialV4.Any(block => block.Contains(address))
        : PublicV6.Contains(address) && !SpecialV6.Any(block => block.Contains(address));

    private static IPNetwork[] Parse(params string[] blocks) => [.. blocks.Select(IPNetwork.Parse)];
}
