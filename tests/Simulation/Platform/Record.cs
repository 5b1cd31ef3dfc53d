namespace Rembg.Simulation.Platform;

/// <summary>What happened, second by second.</summary>
public sealed class Record(double seconds)
{
    private const int WindowSeconds = 10, Buckets = 400;
    private const double Least = 0.001, Growth = 1.03;

    private readonly int[] _offered = new int[(int)seconds + 1], _refused = new int[(int)seconds + 1], _lost = new int[(int)seconds + 1], _tasks = new int[(int)seconds + 1], _noMemory = new int[(int)seconds + 1];
    private readonly int[][] _latencies = [.. Enumerable.Range(0, (int)seconds / WindowSeconds + 1).Select(_ => new int[Buckets])];

    /// <summary>At each look of the autoscaler.</summary>
    public List<Sync> Syncs { get; } = [];

    public void Offer(double now) => _offered[(int)now]++;

    public void Refuse(double now, bool byGateway)
    {
        _refused[(int)now]++;
        if (byGateway) _noMemory[(int)now]++;
    }

    public void RefuseTask(double now) => _tasks[(int)now]++;
    public void Lose(double now, int count = 1) => _lost[(int)now] += count;

    public void Answer(double now, double latency) =>
        _latencies[Math.Min((int)now / WindowSeconds, _latencies.Length - 1)][Math.Clamp((int)(Math.Log(latency / Least) / Math.Log(Growth)), 0, Buckets - 1)]++;

    /// <summary>In whole seconds from and before.</summary>
    public int Offered(double from, double to) => Sum(_offered, from, to);

    /// <summary>Answered 503: full.</summary>
    public int Refused(double from, double to) => Sum(_refused, from, to);

    /// <summary>Those of them that the gateway had no memory for.</summary>
    public int RefusedByGateways(double from, double to) => Sum(_noMemory, from, to);

    /// <summary>Tasks answered 503: their queue is full, or Redis too slow.</summary>
    public int TasksRefused(double from, double to) => Sum(_tasks, from, to);

    /// <summary>Answered 502 or 504, or not at all, because a pod or a gateway was gone.</summary>
    public int Lost(double from, double to) => Sum(_lost, from, to);

    /// <summary>The last second in which one was refused.</summary>
    public int? LastRefusal(double from, double to) =>
        Enumerable.Range((int)from, (int)to - (int)from).Where(second => _refused[second] > 0).Select(second => (int?)second).LastOrDefault();

    /// <summary>Seconds within which a share of the answers given in that time came, to 3 %; 0 without answers.</summary>
    public double Latency(double share, double from, double to)
    {
        var windows = _latencies[((int)from / WindowSeconds)..Math.Min(_latencies.Length, (int)Math.Ceiling(to / WindowSeconds))];
        var total = windows.Sum(window => window.Sum());
        if (total == 0) return 0;
        var (rank, seen, bucket) = (share * total, 0, -1);
        while (bucket < Buckets - 1 && (bucket < 0 || seen < rank))
        {
            bucket++;
            seen += windows.Sum(window => window[bucket]);
        }
        return Least * Math.Pow(Growth, bucket + 1);
    }

    /// <summary>Seconds after <paramref name="from"/> until, for good, in each ten seconds the 95th percentile is within <paramref name="patience"/> and no larger share than <paramref name="failing"/> is refused or lost.</summary>
    public double Recovered(double from, double to, double patience, double failing = 0)
    {
        var recovered = from;
        for (var window = from; window < to; window += WindowSeconds)
        {
            var end = Math.Min(window + WindowSeconds, to);
            if (Latency(0.95, window, end) > patience || Refused(window, end) + Lost(window, end) > failing * Offered(window, end)) recovered = end;
        }
        return recovered - from;
    }

    private static int Sum(int[] counts, double from, double to) => counts[(int)from..(int)to].Sum();
}

/// <summary>What the autoscalers wanted and what there was.</summary>
/// <param name="Use">Of Redis' network, 1 is all of it.</param>
public readonly record struct Sync(double Time, int Wanted, int Ready, int GatewaysWanted, int GatewaysReady, int QueuedTasks, double Use);
