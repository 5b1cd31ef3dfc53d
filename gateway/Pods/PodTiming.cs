using System.Globalization;

namespace Rembg.Gateway.Pods;

/// <summary>Stages out of a pod's <c>Server-Timing</c>; zero when it did not say.</summary>
internal static class PodTiming
{
    /// <summary>A pod may say anything; no stage takes longer than its request may.</summary>
    private const double MaxMilliseconds = 3_600_000;

    private const string QueueStage = "queue", InferStage = "infer";

    public static TimeSpan Queue(Cutout cutout) => Stage(cutout, QueueStage);

    public static TimeSpan Infer(Cutout cutout) => Stage(cutout, InferStage);

    /// <summary>To a client, and to the worker of tasks, the queue is one: here and in the pod, where a cutout that is drawn with a known mask has none.</summary>
    public static Cutout AddWait(Cutout cutout, TimeSpan waited)
    {
        if (cutout.ServerTiming is null || waited < TimeSpan.FromMilliseconds(0.1)) return cutout;
        var queue = string.Create(CultureInfo.InvariantCulture, $"{QueueStage};dur={(Queue(cutout) + waited).TotalMilliseconds:F1}");
        return cutout with { ServerTiming = string.Join(", ", Stages(cutout).Where(stage => !IsStage(stage, QueueStage)).Prepend(queue)) };
    }

    /// <summary>Of a mask and the cutout that was drawn with it.</summary>
    public static string Sum(Cutout mask, Cutout drawn) => string.Join(", ", new[] { QueueStage, "decode", InferStage, "mask", "encode" }
        .Select(name => (name, took: Stage(mask, name) + Stage(drawn, name)))
        .Where(stage => stage.took > TimeSpan.Zero)
        .Select(stage => string.Create(CultureInfo.InvariantCulture, $"{stage.name};dur={stage.took.TotalMilliseconds:F1}")));

    private static TimeSpan Stage(Cutout cutout, string name)
    {
        foreach (var stage in Stages(cutout))
        {
            if (IsStage(stage, name) && double.TryParse(stage.AsSpan(Start(name).Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds))
                return TimeSpan.FromMilliseconds(Math.Min(milliseconds, MaxMilliseconds));
        }
        return TimeSpan.Zero;
    }

    private static string[] Stages(Cutout cutout) => (cutout.ServerTiming ?? "").Split(',', StringSplitOptions.TrimEntries);

    private static bool IsStage(string stage, string name) => stage.StartsWith(Start(name), StringComparison.Ordinal);

    private static string Start(string name) => $"{name};dur=";
}
