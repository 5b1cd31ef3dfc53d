using System.Diagnostics.Metrics;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>rembg_gateway_rate_limited_total{reason} and rembg_gateway_rate_limit_fallbacks_total.</summary>
internal sealed class LimitMetrics
{
    public const string Rate = "rate", Concurrency = "concurrency", WrongKeys = "wrong-keys";

    private readonly Counter<long> _limited, _fallbacks;

    public LimitMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("rembg.gateway");
        _limited = meter.CreateCounter<long>("rate_limited_total", description: "Requests answered 429, by the limit that they hit");
        _fallbacks = meter.CreateCounter<long>("rate_limit_fallbacks_total", description: "Requests counted by this gateway alone because Redis did not answer in time");
        // An alert on the first needs the zero before it.
        _fallbacks.Add(0);
        foreach (var reason in (string[])[Rate, Concurrency, WrongKeys]) _limited.Add(0, new KeyValuePair<string, object?>("reason", reason));
    }

    public void Limited(string reason) => _limited.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void FellBack() => _fallbacks.Add(1);
}
