using System.Runtime.CompilerServices;
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
    private long _reportedLoad;
    private long _reportedAt;

    public static Pod Of(DestinationState destination) => Known.GetOrCreateValue(destination);

    /// <summary>How many runs of this gateway it holds and may hold.</summary>
    internal PodCapacity Capacity { get; } = new();

    /// <summary>Its answer to <c>GET /v1/models</c>; null until it gave a valid one.</summary>
    public ModelList? Models { get; private set; }

    /// <summary>Why its last answer to <c>GET /v1/models</c> was not valid; null when it was.</summary>
    public string? ModelsError { get; private set; }

    /// <summary>What its runs take.</summary>
    public RunTimes RunTimes { get; } = new();

    /// <summary>A pod that has not said yet which models it has is asked for any; one whose list is not valid is asked for none.</summary>
    public bool Serves(InferenceRequest request) => ModelsError is null && (Models is null || IsOf(request.Options.Model, model =>
        model.IsLoaded ? !request.MaskAlone || model.MaskVersion is not null : model.MaskVersion == request.Mask?.Version));

    /// <summary>Whether it draws with the masks of this model and runs no model.</summary>
    public bool OnlyDraws(string? model) => ModelsError is null && IsOf(model, known => !known.IsLoaded);

    /// <summary>Whether it may be given this mask.</summary>
    internal bool TakesMask(string? model, Mask mask) => IsOf(model, known => known.MaskVersion == mask.Version);

    internal void HasModels(ModelList models)
    {
        (Models, ModelsError) = (models, null);
        Capacity.Announce(models.Models.Max(model => model.BatchSizes.Max()));
    }

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
        var own = Capacity.InFlight;
        var age = time.GetElapsedTime(Volatile.Read(ref _reportedAt));
        var trust = Math.Clamp(1 - age / ReportLife, 0, 1);
        return own + trust * Math.Max(0, Volatile.Read(ref _reportedLoad) - own);
    }

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

    /// <summary>
    /// A run that it still holds was lost with its connection. Says how many were lost with it: connections of a pod that
    /// dies break one after the other, so those that break soon after the first count as one death.
    /// </summary>
    internal int CountConnectionLoss(TimeProvider time)
    {
        lock (_lossLock)
        {
            if (_lost == 0 || time.GetElapsedTime(_lostAt) > OneDeath) (_lost, _lostAt) = (Capacity.InFlight, time.GetTimestamp());
            return _lost;
        }
    }

    /// <summary>It made a cutout.</summary>
    internal void Finished() => Volatile.Write(ref _invalidResponses, 0);

    private bool IsOf(string? name, Func<ModelInfo, bool> condition) => Models?.Models.Any(model => model.Name == name && condition(model)) == true;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
