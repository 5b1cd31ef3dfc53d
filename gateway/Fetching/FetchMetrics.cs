using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Rembg.Gateway.Fetching;

/// <summary>What fetching images costs, and what comes of it.</summary>
internal sealed class FetchMetrics
{
    private readonly Counter<long> _fetches;
    private readonly Counter<long> _bytes;
    private readonly Histogram<double> _seconds;

    public FetchMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("rembg.gateway");
        var failures = string.Join(", ", Enum.GetValues<FetchFailure>().Select(ResultOf));
        _fetches = meter.CreateCounter<long>("fetches_total", description: $"Images by URL, by result: ok, not_modified, refused (too large, not an image, no memory), or why there was none ({failures}).");
        _bytes = meter.CreateCounter<long>("fetched_bytes_total", description: "Bytes of images that were fetched from URLs, with those that came to nothing.");
        _seconds = meter.CreateHistogram<double>("fetch_seconds", description: "Seconds from the look-up of a URL's host to the image's last byte, or to the failure.");
        _fetches.Add(0, new KeyValuePair<string, object?>("result", "ok"));
        _bytes.Add(0);
    }

    public static string ResultOf(FetchFailure failure) => JsonNamingPolicy.SnakeCaseLower.ConvertName(failure.ToString());

    public void Fetched(string result, TimeSpan took)
    {
        _fetches.Add(1, new KeyValuePair<string, object?>("result", result));
        _seconds.Record(took.TotalSeconds);
    }

    public void Read(long bytes) => _bytes.Add(bytes);
}
