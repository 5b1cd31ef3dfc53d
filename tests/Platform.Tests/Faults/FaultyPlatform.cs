using Rembg.Testing;

namespace Rembg.Platform.Tests.Faults;

/// <summary>
/// A platform as it is by default, but that limits for one address's load and for slow uploads are raised, and that pods wait a little for a
/// batch to fill: without a large model, that is what keeps requests in their hands when they are killed.
/// </summary>
internal static class FaultyPlatform
{
    public static string[] GatewayArguments { get; } =
    [
        "--Clients:Anonymous:RatePerSecond=100000", "--Clients:Anonymous:Burst=100000", "--Pods:MaxWaitingPerClient=2000", "--Uploads:ClientShare=1", // all callers have one address
        "--Edge:MinBytesPerSecond=1", "--Uploads:Timeout=00:05:00", // the callers share this machine with others
    ];

    public static Task<Testing.Platform> StartAsync(int pods, int gateways = 1, string[]? podArguments = null, string[]? gatewayArguments = null) =>
        Testing.Platform.StartAsync(pods, gateways, ["--Batching:Sizes:tiny:1=8", "--Batching:DelayMilliseconds=60", .. podArguments ?? []], [.. GatewayArguments, .. gatewayArguments ?? []]);
}
