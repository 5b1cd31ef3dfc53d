using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Tokens for retries: each run earns a share of one, each retry costs one. As gRPC's retry throttling (proposal A6),
/// it stops retries from multiplying the load of pods that fail because of load.
/// </summary>
internal sealed class RetryBudget(IOptions<PodsOptions> options)
{
    private readonly Lock _lock = new();
    private double _tokens = options.Value.RetryBurst;

    public void Earn()
    {
        lock (_lock) _tokens = Math.Min(options.Value.RetryBurst, _tokens + options.Value.RetryShare);
    }

    public bool TrySpend()
    {
        lock (_lock)
        {
            if (_tokens < 1) return false;
            _tokens--;
            return true;
        }
    }
}
