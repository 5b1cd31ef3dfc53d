using System.Globalization;

namespace Rembg.Gateway.Pods;

/// <summary>Stages out of a pod's <c>Server-Timing</c>; zero when it did not say.</summary>
internal static class PodTiming
{
    /// <summary>A pod may say anything; no stage takes longer than its request may.</summary>
    private const double MaxMilliseconds = 3_600_000;

    private const string Duration = ";dur=";
    private const string QueueStage = "queue", InferStage = "infer";

    /// <summary>In the order in which a client reads them.</summary>
    private static readonly string[] Names = [QueueStage, "decode", InferStage, "mask", "encode"];

    public static TimeSpan Queue(Cutout cutout) => Stage(cutout, QueueStage) ?? TimeSpan.Zero;

    public static TimeSpan Infer(Cutout cutout) => Stage(cutout, InferStage) ?? TimeSpan.Zero;

    /// <summary>To a client, and to the worker of tasks, the queue is one: here and in the pod, where a cutout that is drawn with a known mask has none.</summary>
    public static Cutout AddWait(Cutout cutout, TimeSpan waited) => cutout.ServerTiming is null ? cutout : cutout with
    {
        ServerTiming = Format(name => Sum(Stage(cutout, name), name == QueueStage && waited >= TimeSpan.FromMilliseconds(0.1) ? waited : null)),
    };

    /// <summary>Of a mask and the cutout that was drawn with it.</summary>
    public static string Sum(Cutout mask, Cutout drawn) => Format(name => Sum(Stage(mask, name), Stage(drawn, name)));

    private static TimeSpan? Sum(TimeSpan? one, TimeSpan? other) => one is null ? other : one + (other ?? TimeSpan.Zero);

    private static string Format(Func<string, TimeSpan?> took) => string.Join(", ",
        from name in Names
        let stage = took(name)
        where stage is not null
        select string.Create(CultureInfo.InvariantCulture, $"{name};dur={stage.Value.TotalMilliseconds:F1}"));

    private static TimeSpan? Stage(Cutout cutout, string name)
    {
        foreach (var stage in (cutout.ServerTiming ?? "").Split(',', StringSplitOptions.TrimEntries))
        {
            if (stage.StartsWith(name, StringComparison.Ordinal)
                && stage.AsSpan(name.Length).StartsWith(Duration)
                && double.TryParse(stage.AsSpan(name.Length + Duration.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds))
                return TimeSpan.FromMilliseconds(Math.Min(milliseconds, MaxMilliseconds));
        }
        return null;
    }
}
