using System.Runtime.CompilerServices;
using Rembg.Contract;
using Rembg.Contract.Models;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>What this gateway knows of one of YARP's destinations beyond its health: how busy it is and what it has loaded.</summary>
public sealed class Pod
{
    private static readonly ConditionalWeakTable<DestinationState, Pod> Known = [];

    /// <summary>A reported load counts less and less: after this time it says nothing.</summary>
    private static readonly TimeSpan ReportLife = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan OneDeath = TimeSpan.FromSeconds(1);

    private readonly Lock _lossLock = new();
    private int _lost;
    private long _lostAt;
    private TaskCompletionSource _unresponsive = NewSignal();
    private int _failedProbes;
    private int _invalidResponses;
    private int _inFlight;
    private long _reportedLoad;
    private long _reportedAt;
    private long _fullUntil;
    private long _fullForBackgroundUntil;

    public static Pod Of(DestinationState destination) => Known.GetOrCreateValue(destination);

    /// <summary>Runs that this gateway has given it.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Its answer to <c>GET /v1/models</c>; null until it gave a valid one.</summary>
    public ModelList? Models { get; private set; }

    /// <summary>Why its last answer to <c>GET /v1/models</c> was not valid; null when it was.</summary>
    public string? ModelsError { get; private set; }

    /// <summary>What its runs take.</summary>
    public RunTimes RunTimes { get; } = new();

    /// <summary>A pod that has not said yet which models it has is asked for any; one whose list is not valid is asked for none.</summary>
    public bool Serves(string? model) => ModelsError is null && (Models is null || Models.Models.Any(loaded => loaded.Name == model));

    internal void HasModels(ModelList models) => (Models, ModelsError) = (models, null);

    /// <returns>True for the first invalid list in a row.</returns>
    internal bool HasInvalidModels(string error)
    {
        var isFirst = ModelsError is null;
        (Models, ModelsError) = (null, error);
        return isFirst;
    }

    /// <summary>
    /// Requests it is likely to hold: our own, or what it last reported for all gateways, which fades towards our own
    /// as the report grows old.
    /// </summary>
    public double Load(TimeProvider time)
    {
        var own = InFlight;
        var age = time.GetElapsedTime(Volatile.Read(ref _reportedAt));
        var trust = Math.Clamp(1 - age / ReportLife, 0, 1);
        return own + trust * Math.Max(0, Volatile.Read(ref _reportedLoad) - own);
    }

    public bool IsFull(Priority priority, TimeProvider time) =>
        time.GetTimestamp() < Volatile.Read(ref _fullUntil)
        || (priority == Priority.Background && time.GetTimestamp() < Volatile.Read(ref _fullForBackgroundUntil));

    internal void Enter() => Interlocked.Increment(ref _inFlight);

    internal void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>Completes when the pod is next found to answer no probe any more.</summary>
    internal Task Unresponsive => Volatile.Read(ref _unresponsive).Task;

    internal void MarkUnresponsive() => Interlocked.Exchange(ref _unresponsive, NewSignal()).SetResult();

    /// <summary>Probes are one after the other. Says how many have failed in a row.</summary>
    internal int RecordProbe(bool well) => _failedProbes = well ? 0 : _failedProbes + 1;

    /// <summary>It gave an answer that the contract does not know. Says how many it has given without a cutout in between.</summary>
    internal int RecordInvalidResponse() => Interlocked.Increment(ref _invalidResponses);

    internal void Reported(int load, TimeProvider time)
    {
        Volatile.Write(ref _reportedLoad, load);
        Volatile.Write(ref _reportedAt, time.GetTimestamp());
    }

    /// <summary>It refused a run; what is full for interactive runs is full for background ones, but not the other way round.</summary>
    internal void Full(Priority priority, TimeSpan duration, TimeProvider time)
    {
        var until = time.GetTimestamp() + (long)(duration.TotalSeconds * time.TimestampFrequency);
        Volatile.Write(ref priority == Priority.Interactive ? ref _fullUntil : ref _fullForBackgroundUntil, until);
    }

    /// <summary>
    /// A run was lost with its connection, and has left. Says how many were lost with it: connections of a pod that
    /// dies break one after the other, so those that break soon after the first count as one death.
    /// </summary>
    internal int CountConnectionLoss(TimeProvider time)
    {
        lock (_lossLock)
        {
            if (_lost == 0 || time.GetElapsedTime(_lostAt) > OneDeath) (_lost, _lostAt) = (InFlight + 1, time.GetTimestamp());
            return _lost;
        }
    }

    /// <summary>It finished a run: it is in its right mind, and a place is free.</summary>
    internal void Finished()
    {
        Volatile.Write(ref _invalidResponses, 0);
        Volatile.Write(ref _fullUntil, 0);
        Volatile.Write(ref _fullForBackgroundUntil, 0);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
