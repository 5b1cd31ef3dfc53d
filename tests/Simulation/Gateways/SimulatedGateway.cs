using Rembg.Simulation.Pods;

namespace Rembg.Simulation.Gateways;

/// <summary>How it ended at once: what was accepted is answered later, what was not met full pods, or a gateway full of uploads, or was lost.</summary>
public enum Outcome { Accepted, Refused, NoMemory, Lost }

/// <summary>
/// A gateway, with its own view of each pod: two random choices among those that it does not take to be full, and one retry
/// elsewhere, as in <c>InferenceDispatcher</c>; all pods are equally fast, so that only their load counts. Its CPU is a fluid: what exceeds the cores waits.
/// </summary>
public sealed class SimulatedGateway(int id, GatewayCost cost, PodRules rules, Random random, double readyAt)
{
    private PodView[] _views = new PodView[64];
    private double _tokens = rules.RetryBurst;
    private double _usedSeconds;
    private int _inFlight;

    public int Id => id;
    public string Name { get; } = $"gateway-{id}";
    public bool Leaving { get; set; }
    public double? DiedAt { get; private set; }
    public bool IsReady(double now) => now >= readyAt && !Leaving && DiedAt is null;

    /// <summary>Requests that it holds.</summary>
    public int InFlight => _inFlight;

    /// <summary>Seconds that a request waits for the CPU.</summary>
    public double Delay { get; private set; }

    public void Die(double now) => DiedAt = now;

    /// <summary>Some CPU is asked for.</summary>
    public void Work(double seconds)
    {
        _usedSeconds += seconds;
        Delay += seconds / cost.Cores;
    }

    /// <summary>Time goes on.</summary>
    public void Advance(double step, int pods)
    {
        Work(cost.ProbingCores(pods) * step);
        Delay = Math.Max(0, Delay - step);
    }

    /// <summary>Mean CPU since the last reading, in percent of the request.</summary>
    public double ReadUtilization(double seconds)
    {
        var used = Math.Min(_usedSeconds / seconds, cost.Cores);
        _usedSeconds = 0;
        return 100 * used / cost.RequestedCores;
    }

    /// <summary>Takes a request that no cache answers.</summary>
    public Outcome Run(PodCall call, IReadOnlyList<SimulatedPod> pods, double now)
    {
        if ((_inFlight + 1) * cost.UploadBytes > cost.MaxBytesInFlight) return Outcome.NoMemory;
        _tokens = Math.Min(rules.RetryBurst, _tokens + rules.RetryShare);
        if (Choose(pods, except: null, now) is not { } first) return Outcome.Refused;
        var outcome = Try(first, call, now);
        return outcome == Outcome.Accepted ? outcome : Again(call, pods, first, now, outcome);
    }

    /// <summary>The pod that held it died, and its connection broke, or it answers no probe any more.</summary>
    public Outcome Move(PodCall call, IReadOnlyList<SimulatedPod> pods, SimulatedPod from, double now)
    {
        View(from).RestUntil = now + rules.EjectionTime;
        return Again(call with { Arrived = now }, pods, from, now, Outcome.Lost);
    }

    public void Answered(in Answer answer)
    {
        Leave(answer.Pod);
        ref var view = ref View(answer.Pod);
        view.Reported(answer.Load, answer.At);
        view.HasRoom();
    }

    /// <summary>Where a task may go: to a pod with, as far as this gateway knows, no more than a run and one ahead; what AdaptiveConcurrencyLimit finds by trying.</summary>
    public bool HasRoomForTask(IReadOnlyList<SimulatedPod> pods, int batch, double now) =>
        Choose(pods, except: null, now) is { } pod && View(pod).Load(now) < 2 * batch;

    private Outcome Again(PodCall call, IReadOnlyList<SimulatedPod> pods, SimulatedPod except, double now, Outcome otherwise)
    {
        if (Choose(pods, except, now) is not { } second || _tokens < 1) return otherwise;
        _tokens--;
        return Try(second, call, now);
    }

    private Outcome Try(SimulatedPod pod, PodCall call, double now)
    {
        ref var view = ref View(pod);
        if (pod.DiedAt is not null && !pod.IsSilent)
        {
            view.RestUntil = now + rules.EjectionTime;
            return Outcome.Lost;
        }
        if (pod.TryEnter(call))
        {
            view.Enter();
            _inFlight++;
            return Outcome.Accepted;
        }
        view.Reported(pod.Load, now);
        view.Full(now + rules.FullFor);
        return Outcome.Refused;
    }

    private SimulatedPod? Choose(IReadOnlyList<SimulatedPod> pods, SimulatedPod? except, double now)
    {
        if (Free(pods, except, null, now) is not { } one) return null;
        if (Free(pods, except, one, now) is not { } other) return one;
        return View(one).Load(now) <= View(other).Load(now) ? one : other;
    }

    /// <summary>A random one of those that may be asked, by trying; when most may not, by looking at each.</summary>
    private SimulatedPod? Free(IReadOnlyList<SimulatedPod> pods, SimulatedPod? except, SimulatedPod? and, double now)
    {
        for (var tries = 0; tries < 16 && pods.Count > 0; tries++)
        {
            var pod = pods[random.Next(pods.Count)];
            if (MayBeAsked(pod)) return pod;
        }
        var (found, seen) = ((SimulatedPod?)null, 0);
        foreach (var pod in pods)
        {
            if (MayBeAsked(pod) && random.Next(++seen) == 0) found = pod;
        }
        return found;

        bool MayBeAsked(SimulatedPod pod) => pod != except && pod != and && !View(pod).IsFull(now) && View(pod).RestUntil <= now;
    }

    /// <summary>A run of its own has left that pod.</summary>
    public void Leave(SimulatedPod pod)
    {
        View(pod).Leave();
        _inFlight--;
    }

    private ref PodView View(SimulatedPod pod)
    {
        if (pod.Id >= _views.Length) Array.Resize(ref _views, Math.Max(pod.Id + 1, _views.Length * 2));
        return ref _views[pod.Id];
    }
}
