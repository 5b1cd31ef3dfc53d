using System.Globalization;
using System.Text;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference.Http;

/// <summary>Where the time of one request went, for <c>Server-Timing</c> and the stage metric.</summary>
internal sealed class ServerTiming(TimeProvider time, InferenceMetrics metrics)
{
    private readonly long _started = time.GetTimestamp();
    private readonly StringBuilder _stages = new();

    public TimeSpan Total => time.GetElapsedTime(_started);

    public long Start() => time.GetTimestamp();

    public void Stop(string stage, long started) => Add(stage, time.GetElapsedTime(started));

    public void Add(string stage, TimeSpan took)
    {
        metrics.Stage(stage, took);
        if (_stages.Length > 0) _stages.Append(", ");
        _stages.Append(CultureInfo.InvariantCulture, $"{stage};dur={took.TotalMilliseconds:F1}");
    }

    /// <summary>The stages so far, in W3C Server-Timing syntax.</summary>
    public override string ToString() => _stages.ToString();
}
