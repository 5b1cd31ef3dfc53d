namespace Rembg.Simulation.Pods;

/// <summary>A request in a pod: when its client sent it, when it came here, and the gateway that waits for it.</summary>
/// <param name="IsTask">In the background: nobody waits, and it is not counted among the answers' latencies.</param>
public readonly record struct PodCall(double Sent, double Arrived, int Gateway, bool IsTask);

/// <summary>An answer: how long after its arrival, from which pod, and what that pod said of its load.</summary>
public readonly record struct Answer(PodCall Call, SimulatedPod Pod, double At, int Load);

/// <summary>An inference pod as gateways and autoscaler see it: a bounded queue, an executor that takes what waits, and three sums of seconds.</summary>
public sealed class SimulatedPod(int id, PodCost cost, int maxRequests, double readyAt)
{
    private readonly Queue<PodCall> _waiting = [];
    private readonly Queue<(double Until, PodCall Call)> _composing = [];
    private readonly PodCall[] _batch = new PodCall[cost.MaxBatch];
    private readonly Queue<(double Time, double Request, double Wait, double Compute)> _samples = [];
    private int _running;
    private double _started, _until, _requestSeconds, _waitSeconds, _computeSeconds;

    /// <summary>Its place in what each gateway knows of the pods.</summary>
    public int Id => id;

    public string Name { get; } = $"pod-{id}";

    /// <summary>When it answers its probes and the gateways know of it.</summary>
    public double ReadyAt => readyAt;

    /// <summary>Told to go: takes no more, answers what it has.</summary>
    public bool Leaving { get; set; }

    /// <summary>Since when; its gateways do not know it yet.</summary>
    public double? DiedAt { get; private set; }

    /// <summary>Its node is away: no connection breaks, and whoever asks it waits until probes find it out.</summary>
    public bool IsSilent { get; private set; }

    /// <summary>Waiting, running, and being composed: what the pod's door counts and X-Load says.</summary>
    public int Load => _waiting.Count + _running + _composing.Count;

    public bool IsReady(double now) => now >= readyAt && !Leaving && DiedAt is null;

    /// <summary>False: full.</summary>
    public bool TryEnter(PodCall call)
    {
        if (Load >= maxRequests) return false;
        _waiting.Enqueue(call);
        return true;
    }

    public void Die(double now, bool silent) => (DiedAt, IsSilent) = (now, silent);

    /// <summary>What a dead pod held.</summary>
    public IReadOnlyList<PodCall> Abandon()
    {
        List<PodCall> held = [.. _composing.Select(c => c.Call), .. _batch.Take(_running), .. _waiting];
        _running = 0;
        _composing.Clear();
        _waiting.Clear();
        return held;
    }

    /// <summary>Ends runs that are over, starts new ones, and adds what was answered to <paramref name="answers"/>.</summary>
    public void Advance(double now, List<Answer> answers)
    {
        if (DiedAt is not null) return;
        while (_running > 0 && _until <= now || _running == 0 && _waiting.Count > 0)
        {
            for (var i = 0; i < _running; i++)
            {
                _computeSeconds += _until - _started;
                _composing.Enqueue((_until + cost.Around, _batch[i]));
            }
            var free = _until;
            _running = Math.Min(cost.MaxBatch, _waiting.Count);
            if (_running == 0) break;
            _started = Math.Max(free, _waiting.Peek().Arrived);
            _until = _started + cost.Fixed + _running * cost.PerImage;
            for (var i = 0; i < _running; i++)
            {
                _batch[i] = _waiting.Dequeue();
                _waitSeconds += Math.Max(0, _started - _batch[i].Arrived);
            }
        }
        while (_composing.TryPeek(out var done) && done.Until <= now)
        {
            _composing.Dequeue();
            _requestSeconds += done.Until - done.Call.Arrived;
            answers.Add(new(done.Call, this, done.Until, Load));
        }
    }

    /// <summary>Prometheus comes by; a pod that still loads its model has nothing to show.</summary>
    public void Scrape(double now)
    {
        if (now >= readyAt && DiedAt is null) _samples.Enqueue((now, _requestSeconds, _waitSeconds, _computeSeconds));
        while (_samples.TryPeek(out var oldest) && oldest.Time < now - 60) _samples.Dequeue();
    }

    /// <summary>The two figures of the adapter's rules, before their upper bounds; null without a scrape in the last minute.</summary>
    public (double Concurrency, double Ratio)? Metrics()
    {
        if (_samples.Count == 0) return null;
        var (first, last) = (_samples.Peek(), _samples.Last());
        var seconds = last.Time - first.Time;
        if (seconds == 0) return (0, 0);
        return ((last.Request - first.Request) / seconds, (last.Wait - first.Wait) / seconds / Math.Max((last.Compute - first.Compute) / seconds, 0.001));
    }
}
