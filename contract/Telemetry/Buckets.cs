namespace Rembg.Contract.Telemetry;

/// <summary>Histogram bounds, in one place so that dashboards and services agree.</summary>
public static class Buckets
{
    /// <summary>Seconds, from a cache hit to a queue that is far too long.</summary>
    public static readonly double[] Seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    /// <summary>Images in a model run.</summary>
    public static readonly double[] BatchSizes = [1, 2, 4, 8, 16, 32];

    public static double[] For(string instrument) => instrument.EndsWith("_size", StringComparison.Ordinal) ? BatchSizes : Seconds;
}
