using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Rembg.Gateway.Pods;

/// <summary>The pods as YARP's one cluster. It has no route: runs are sent by <see cref="PodClient"/>, never straight from a client.</summary>
internal static class PodCluster
{
    public const string Id = "inference";

    public const string ProbePath = "/readyz";

    private const string Local = "http://127.0.0.1:7100";

    /// <summary>From the pod's own port to its management port, as both services have it by default.</summary>
    private const int ManagementOffset = 80;

    public static ClusterConfig From(PodsOptions options) => new()
    {
        ClusterId = Id,
        Destinations = options.Addresses.DefaultIfEmpty(Local)
            .Select((address, i) => (Address: address, Management: options.ManagementAddresses.ElementAtOrDefault(i) ?? Management(address)))
            .ToDictionary(pod => pod.Address, pod => new DestinationConfig { Address = pod.Address, Health = pod.Management }),
        HealthCheck = new()
        {
            AvailableDestinationsPolicy = AvailablePods.PolicyName,
            Active = new()
            {
                Enabled = true,
                Path = ProbePath,
                Interval = options.ProbeEvery,
                Timeout = options.ConnectTimeout,
                Policy = ProbePolicy.PolicyName,
            },
            // No policy of YARP's is wanted here: PodClient tells YARP of a pod that broke down.
            Passive = new() { Enabled = true },
        },
        // HTTP/1.1: one connection a run has no head-of-line blocking, and bodies are megabytes. The run's deadline ends it.
        HttpRequest = new() { Version = new(1, 1), VersionPolicy = HttpVersionPolicy.RequestVersionExact, ActivityTimeout = TimeSpan.FromHours(1) },
    };

    private static string Management(string address)
    {
        var uri = new UriBuilder(address);
        uri.Port += ManagementOffset;
        return uri.Uri.ToString();
    }
}
