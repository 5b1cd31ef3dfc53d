using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Rembg.Gateway.Telemetry;

/// <summary>The gateway's meters for HTTP, cache and pods.</summary>
public sealed class GatewayMetrics
{
    public static readonly ActivitySource Activities = new("Rembg.Gateway");

    /// <summary>Why a run may be given to a second pod. Each is shown from the start: an alert on the first needs the zero before it.</summary>
    public static readonly string[] RetryReasons = ["connect_failed", "connection_lost", "unresponsive", "invalid_response", "overloaded"];

    private readonly Counter<long> _requests;
    private readonly Histogram<double> _seconds;
    private readonly Counter<long> _cache;
    private readonly Counter<long> _masks;
    private readonly Counter<long> _modelRunsSaved;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _connectionsRefused;

    public GatewayMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("rembg.gateway");
        _requests = meter.CreateCounter<long>("requests_total", description: "Requests by route, kind (cutout: for cutouts, at once or as tasks; other) and status code.");
        _seconds = meter.CreateHistogram<double>("request_seconds", description: "Seconds from a request's headers to the end of its answer.");
        _cache = meter.CreateCounter<long>("cache_total", description: "Look-ups of cutouts by result (hit, miss, coalesced) and tier (memory).");
        _masks = meter.CreateCounter<long>("mask_cache_total", description: "Look-ups of masks, for cutouts that are not kept, by result (hit, miss, error) and tier (memory, redis).");
        _modelRunsSaved = meter.CreateCounter<long>("model_runs_saved_total", description: "Cutouts that were drawn with a known mask: no model ran.");
        _modelRunsSaved.Add(0);
        _retries = meter.CreateCounter<long>("upstream_retries_total", description: $"Runs that were given to a pod once more, by reason ({string.Join(", ", RetryReasons)}).");
        foreach (var reason in RetryReasons) _retries.Add(0, new KeyValuePair<string, object?>("reason", reason));
        _connectionsRefused = meter.CreateCounter<long>("connections_refused_total", description: "Connections that were refused or closed for others, by reason (address, full, idle).");
    }

    public void Request(string route, bool isForCutouts, int code, TimeSpan took)
    {
        _requests.Add(1, new("route", route), new("kind", isForCutouts ? "cutout" : "other"), new("code", code));
        _seconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("route", route));
    }

    public void Cache(string result, string tier) => _cache.Add(1, new("result", result), new("tier", tier));

    public void MaskCache(string result, string tier) => _masks.Add(1, new("result", result), new("tier", tier));

    public void ModelRunSaved() => _modelRunsSaved.Add(1);

    public void ConnectionRefused(string reason) => _connectionsRefused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void Retry(string reason) => _retries.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
