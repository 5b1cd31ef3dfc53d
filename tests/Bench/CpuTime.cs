namespace Rembg.Bench;

/// <summary>Processor time of this process, so that a busy machine disturbs a measurement little.</summary>
internal static class CpuTime
{
    /// <summary>
    /// Milliseconds that each action costs: warmed up, then taken in turns so that a change of the machine's speed
    /// meets all of them, and the median over the rounds.
    /// </summary>
    public static double[] Measure(int rounds, params Action[] actions)
    {
        var times = actions.Select(_ => new List<double>(rounds)).ToArray();
        foreach (var action in actions) { action(); action(); }
        for (var round = 0; round < rounds; round++)
            for (var i = 0; i < actions.Length; i++)
            {
                GC.Collect();
                var before = Environment.CpuUsage.TotalTime;
                actions[i]();
                times[i].Add((Environment.CpuUsage.TotalTime - before).TotalMilliseconds);
            }
        return [.. times.Select(Median)];
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
