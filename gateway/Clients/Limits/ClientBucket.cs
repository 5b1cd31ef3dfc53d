using System.Threading.RateLimiting;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>A client's tokens. Requests take them on arrival; what a request cost beyond that is taken afterwards.</summary>
internal abstract class ClientBucket : RateLimiter
{
    /// <summary>Takes tokens whether they are there or not. Below zero, the next request waits until the bucket has one again.</summary>
    public abstract ValueTask ChargeAsync(double tokens);
}
