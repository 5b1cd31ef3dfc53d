using System.Net;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.ServiceDiscovery;

namespace Rembg.Gateway.Pods;

/// <summary>Looks a host name up; all its addresses.</summary>
internal delegate Task<IPAddress[]> LookUp(string host, CancellationToken cancellationToken);

/// <summary>
/// Makes each address of a headless service a destination. YARP's own resolver throws when a name is not there yet,
/// which keeps a gateway from starting before its pods, and after a failed reload waits minutes; this one keeps what it
/// last knew and looks again soon.
/// </summary>
internal sealed partial class PodResolver(LookUp lookUp, IOptions<PodsOptions> options, TimeProvider time, ILogger<PodResolver> logger) : IDestinationResolver
{
    private readonly Dictionary<string, IPAddress[]> _lastGood = [];

    public async ValueTask<ResolvedDestinationCollection> ResolveDestinationsAsync(
        IReadOnlyDictionary<string, DestinationConfig> destinations, CancellationToken cancellationToken)
    {
        var resolved = new Dictionary<string, DestinationConfig>();
        var hasNames = false;
        foreach (var (id, destination) in destinations)
        {
            var address = new Uri(destination.Address);
            if (address.HostNameType != UriHostNameType.Dns || address.IsLoopback)
            {
                resolved[id] = destination;
                continue;
            }
            hasNames = true;
            foreach (var ip in await ResolveAsync(address.Host, cancellationToken))
                resolved[$"{id}[{ip}]"] = destination with { Address = At(ip, destination.Address), Health = At(ip, destination.Health!) };
        }
        return new(resolved, hasNames ? Soon() : null);
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        try
        {
            var found = await lookUp(host, cancellationToken);
            if (found.Length > 0) return _lastGood[host] = found;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.Failed(logger, host, exception.Message);
        }
        // An empty answer is more often a DNS server in trouble than a service without pods; health checks know which.
        return _lastGood.GetValueOrDefault(host, []);
    }

    private CancellationChangeToken Soon() =>
        new(new CancellationTokenSource(options.Value.ResolveEvery, time).Token);

    private static string At(IPAddress ip, string address) =>
        new UriBuilder(address) { Host = ip.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{ip}]" : ip.ToString() }.Uri.ToString();

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "The pods' name {Host} could not be looked up: {Reason}")]
        public static partial void Failed(ILogger logger, string host, string reason);
    }
}
