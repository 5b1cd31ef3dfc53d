using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Yarp.ReverseProxy.Model;

namespace Rembg.Gateway.Pods;

/// <summary>
/// Which run goes to which pod, and when. A run that no pod has room for waits here, in its client's turn, until one has: there is no
/// polling, every event that can make room (a run ends, a pod comes, a pause ends) looks at the queue again.
/// </summary>
internal sealed class PodScheduler : IDisposable
{
    /// <summary>While pods are at work, how long it takes at least until a request that waits looks whether they still are.</summary>
    private static readonly TimeSpan LookAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly AvailablePods _pods;
    private readonly ShortestExpectedDelay _balancing;
    private readonly PodMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _waitForPod;
    private readonly RequestQueue<Waiter> _queue;
    private readonly QueuePace _pace;
    private readonly Dictionary<string, int> _running = new(StringComparer.Ordinal);
    private readonly ITimer _pauseEnd;

    public PodScheduler(AvailablePods pods, ShortestExpectedDelay balancing, PodMetrics metrics, IOptions<PodsOptions> options, TimeProvider time)
    {
        (_pods, _balancing, _metrics, _time, _waitForPod) = (pods, balancing, metrics, time, options.Value.WaitForPod);
        _queue = new(options.Value.MaxWaiting, options.Value.MaxWaitingPerClient, options.Value.BackgroundShare);
        _pace = new(time);
        _pauseEnd = time.CreateTimer(_ => LookAgain(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        metrics.ObserveWaiting(priority => { lock (_lock) return _queue.CountOf(priority); });
        pods.Changed += LookAgain;
    }

    /// <summary>Waits for a place at a pod; dispose it to give it back.</summary>
    /// <param name="except">The pod that just failed at this run: another one is preferred. A run that was let in once is not refused for want of room.</param>
    /// <param name="since">When it began to wait, if it did before and no pod has worked at it since; null for now.</param>
    /// <exception cref="ProblemException">
    /// 429: too many of this client's requests wait; 503: too many wait in all, the queue is too long for the time left, or no pod has
    /// come within <see cref="PodsOptions.WaitForPod"/>. A background run without any pod is 503 at once, which makes the worker pause.
    /// </exception>
    public async Task<Place> EnterAsync(InferenceRequest request, DestinationState? except, long? since, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(request, except, since ?? _time.GetTimestamp());
        var (priority, client) = (request.Priority, request.Client);
        var entered = _time.GetTimestamp();
        lock (_lock)
        {
            if (PatienceLeft(waiter) is null && since is not null) throw NoPod();
            if (priority == Priority.Background && !_pods.Answering.Any(waiter.IsServedBy)) throw NoPod();
            waiter.IsLight = priority == Priority.Interactive && !_running.ContainsKey(client.Id) && _queue.CountOf(priority, client.Id) == 0;
            if (except is null && !waiter.IsLight && Refusal(request) is { } refusal) throw refusal.AsException();
            _queue.Enqueue(priority, client.Id, client.Plan.Weight, waiter.IsLight, waiter);
            Dispatch();
        }
        var place = await TurnAsync(waiter, cancellationToken) with { Waited = _time.GetElapsedTime(entered) };
        _metrics.Waited(request.Priority, place.Waited);
        return place;
    }

    /// <summary>Whether a pod other than this one could take the run, now or in its turn.</summary>
    public bool HasAnother(InferenceRequest request, DestinationState than) =>
        _pods.Answering.Any(pod => pod != than && pod.Health.Passive != DestinationHealth.Unhealthy && Pod.Of(pod).Serves(request));

    /// <summary>Whether pods are there that only draw, so that those with a model need not.</summary>
    public bool HasDrawingPods(string? model) => _pods.Answering.Any(pod => Pod.Of(pod).OnlyDraws(model));

    /// <summary>Something may have changed that makes room.</summary>
    public void LookAgain()
    {
        lock (_lock) Dispatch();
    }

    public void Dispose()
    {
        _pods.Changed -= LookAgain;
        _pauseEnd.Dispose();
    }

    private async Task<Place> TurnAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        var patience = PatienceLeft(waiter) ?? TimeSpan.Zero;
        try
        {
            while (true)
            {
                try
                {
                    return await waiter.Granted.Task.WaitAsync(patience, _time, cancellationToken);
                }
                catch (TimeoutException) when (PatienceLeft(waiter) is { } left)
                {
                    patience = left;
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or TimeoutException)
        {
            bool stillWaits;
            lock (_lock) stillWaits = _queue.Remove(waiter.Request.Priority, waiter.Request.Client.Id, waiter);
            if (!stillWaits)
            {
                var place = await waiter.Granted.Task; // its turn came in the same moment
                if (exception is TimeoutException) return place;
                place.Dispose();
            }
            if (exception is TimeoutException) throw NoPod();
            throw;
        }
    }

    /// <summary>
    /// How much longer it may wait; null when no pod has done any work for the whole time, and none is at work. One that pauses is not:
    /// it has just refused a run or lost one.
    /// </summary>
    private TimeSpan? PatienceLeft(Waiter waiter)
    {
        if (_pods.Answering.Any(pod => waiter.IsServedBy(pod) && Pod.Of(pod).Capacity is { InFlight: > 0 } capacity && capacity.PauseLeft(_time) is null))
            return _waitForPod > LookAfter ? _waitForPod : LookAfter;
        var lastWork = _pods.All.Where(waiter.IsServedBy).Select(pod => Pod.Of(pod).Capacity.WorkedAt).Append(waiter.Since).Max();
        var left = _waitForPod - _time.GetElapsedTime(lastWork);
        return left > TimeSpan.Zero ? left : null;
    }

    private Problem? Refusal(InferenceRequest request)
    {
        var (priority, client) = (request.Priority, request.Client);
        if (_queue.Count == 0) return null;
        var ahead = _queue.Ahead(priority, client.Id, client.Plan.Weight);
        switch (_queue.RoomFor(priority, client.Id))
        {
            // A task is not at fault for the others of its client: it goes back to the queue of tasks.
            case RequestQueue<Waiter>.Room.ClientIsFull when priority == Priority.Background:
                return Problem.Overloaded("Too many tasks of this client wait for an inference pod.");
            case RequestQueue<Waiter>.Room.ClientIsFull:
                var untilOneIsServed = _pace.TimeFor(ahead / _queue.CountOf(priority, client.Id));
                return Problem.RateLimited(untilOneIsServed ?? TimeSpan.FromSeconds(1), "Too many of your requests wait for an inference pod.");
            case RequestQueue<Waiter>.Room.QueueIsFull:
                return Problem.Overloaded("Too many requests wait for an inference pod.");
        }
        var left = request.Deadline.Left(_time);
        return _pace.TimeFor(ahead) is { } wait && wait > left
            ? Problem.Overloaded("The queue is too long for the time that this request has left.") with { RetryAfter = wait - left }
            : null;
    }

    private static ProblemException NoPod() => Problem.Overloaded("No inference pod is available.").AsException();

    private void Dispatch()
    {
        var pods = _pods.Answering;
        while ((HasRoom(pods, isLight: true) && _queue.TryDequeueLight(CanGo, out var next)) || (HasRoom(pods, isLight: false) && _queue.TryDequeue(CanGo, out next)))
        {
            Pod.Of(next.Choice!).Capacity.Enter();
            CollectionsMarshal.GetValueRefOrAddDefault(_running, next.Request.Client.Id, out _)++;
            next.Granted.SetResult(new(next.Choice!, next.Request.Client.Id, next.IsLight, next.Since, TimeSpan.Zero, this));
            _pace.Left(othersWait: _queue.Count > 0);
        }
        if (pods.Count == 0) _pace.Interrupted();
        if (_queue.Count > 0 && pods.Min(pod => Pod.Of(pod).Capacity.PauseLeft(_time)) is { } pause) _pauseEnd.Change(pause, Timeout.InfiniteTimeSpan);

        bool CanGo(Waiter waiter) => (waiter.Choice = Choose(waiter, pods)) is not null;
    }

    private bool HasRoom(IReadOnlyList<DestinationState> pods, bool isLight) => pods.Any(pod => Pod.Of(pod).Capacity.HasRoom(Priority.Interactive, isLight, _time));

    private void Leave(Place place)
    {
        Pod.Of(place.Pod).Capacity.Leave();
        lock (_lock)
        {
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_running, place.Client, out _) == 0) _running.Remove(place.Client);
            Dispatch();
        }
    }

    /// <summary>Of the pods that serve it, those that only draw where there are such: one that is neither ejected nor the one that it comes from, or failing that, any.</summary>
    private DestinationState? Choose(Waiter waiter, IReadOnlyList<DestinationState> answering)
    {
        DestinationState[] able = [.. answering.Where(waiter.IsServedBy)];
        DestinationState[] drawing = Array.FindAll(able, pod => Pod.Of(pod).OnlyDraws(waiter.Request.Options.Model));
        if (drawing.Length > 0) able = drawing;
        DestinationState[] others = Array.FindAll(able, pod => pod != waiter.Except);
        DestinationState[] rested = Array.FindAll(others, pod => pod.Health.Passive != DestinationHealth.Unhealthy);
        var candidates = rested.Length > 0 ? rested : others.Length > 0 ? others : able;
        return _balancing.Pick(waiter.Request.Options.Model, Array.FindAll(candidates, pod => Pod.Of(pod).Capacity.HasRoom(waiter.Request.Priority, waiter.IsLight, _time)));
    }

    /// <summary>A place at a pod for one run.</summary>
    /// <param name="IsLight">Its client had nothing else in the pods or waiting.</param>
    /// <param name="Since">When it began to wait.</param>
    /// <param name="Waited">For this turn.</param>
    internal sealed record Place(DestinationState Pod, string Client, bool IsLight, long Since, TimeSpan Waited, PodScheduler Scheduler) : IDisposable
    {
        public void Dispose() => Scheduler.Leave(this);
    }

    private sealed class Waiter(InferenceRequest request, DestinationState? except, long since)
    {
        public InferenceRequest Request => request;
        public DestinationState? Except => except;
        public long Since => since;
        public bool IsLight { get; set; }
        public DestinationState? Choice { get; set; }
        public TaskCompletionSource<Place> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsServedBy(DestinationState pod) => Pod.Of(pod).Serves(request);
    }
}
