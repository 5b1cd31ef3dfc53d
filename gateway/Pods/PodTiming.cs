using System.Globalization;

namespace Rembg.Gateway.Pods;

/// <summary>Stages out of a pod's <c>Server-Timing</c>; zero when it did not say.</summary>
internal static class PodTiming
{
    public static TimeSpan Queue(Cutout cutout) => Stage(cutout, "queue");

    public static TimeSpan Infer(Cutout cutout) => Stage(cutout, "infer");

    private static TimeSpan Stage(Cutout cutout, string name)
    {
        var start = $"{name};dur=";
        foreach (var stage in (cutout.ServerTiming ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            if (stage.StartsWith(start, StringComparison.Ordinal)
                && double.TryParse(stage.AsSpan(start.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds))
                return TimeSpan.FromMilliseconds(milliseconds);
        }
        return TimeSpan.Zero;
    }
}
