using Rembg.Simulation.Gateways;
using Rembg.Simulation.Pods;
using Rembg.Simulation.Stores;

namespace Rembg.Simulation.Platform;

/// <summary>
/// Callers, gateways, cache, tasks, pods, Prometheus and the autoscalers of a rendered chart, over simulated seconds.
/// Arrivals are random (Poisson) with a fixed seed: a run can be repeated to the last request.
/// </summary>
public sealed class SimulatedPlatform
{
    private const double ScrapeEvery = 15, SyncEvery = 15;

    private readonly PlatformSetup _setup;
    private readonly Random _random;
    private readonly Fleet<SimulatedPod> _pods;
    private readonly Fleet<SimulatedGateway> _gateways;
    private readonly SimulatedRedis? _redis;
    private readonly Queue<double> _tasks = [];
    private readonly List<Answer> _answers = [];
    private readonly List<SimulatedPod> _listed = [];
    private readonly List<SimulatedGateway> _balanced = [];
    private Dictionary<int, SimulatedGateway> _gatewayById = [];
    private double _tasksSeen;

    public SimulatedPlatform(PlatformSetup setup)
    {
        (_setup, _random) = (setup, new(setup.Seed));
        _redis = setup.Redis is null ? null : new(setup.Redis);
        _pods = new(setup.PodScaling, (id, ready) => new(id, setup.Pod, setup.MaxRequests, ready), setup.Pod.StartSeconds);
        _gateways = new(setup.GatewayScaling, (id, ready) => new(id, setup.Gateway, setup.Rules, _random, ready), setup.Gateway.StartSeconds);
    }

    /// <summary>Runs from beginning to end.</summary>
    /// <param name="arrivals">Requests a second at a time.</param>
    public Record Run(double seconds, Func<double, double> arrivals)
    {
        var record = new Record(seconds);
        var disasters = new Disasters(_setup, _pods, _gateways, _listed, GatewayOf, _tasks.Enqueue, record, _random);
        _pods.Begin(_setup.FirstPods);
        _gateways.Begin(_setup.FirstGateways);
        var (scrape, sync) = (0.0, 5.0);
        for (long tick = 0; tick * _setup.Step < seconds; tick++)
        {
            var now = tick * _setup.Step;
            _pods.Advance(now);
            _gateways.Advance(now);
            disasters.Advance(now);
            List(now);

            for (var count = _random.Poisson(arrivals(now) * _setup.Step); count > 0; count--) Arrive(now, record);
            RunTasks(now, record);
            foreach (var pod in _pods.All) pod.Advance(now, _answers);
            foreach (var answer in _answers) Deliver(answer, record);
            _answers.Clear();
            foreach (var gateway in _gateways.All) gateway.Advance(_setup.Step, _listed.Count);
            _redis?.Advance(_setup.Step);

            if (now >= scrape)
            {
                scrape += ScrapeEvery;
                foreach (var pod in _pods.All) pod.Scrape(now);
                _tasksSeen = _tasks.Count;
            }
            if (now >= sync)
            {
                sync += SyncEvery;
                Scale(now);
                record.Syncs.Add(new(now, _pods.Wanted, _pods.All.Count(pod => pod.IsReady(now)),
                    _gateways.Wanted, _gateways.All.Count(gateway => gateway.IsReady(now)), _tasks.Count, _redis?.ReadUse(SyncEvery) ?? 0));
            }
        }
        return record;
    }

    /// <summary>What DNS and the load balancer say.</summary>
    private void List(double now)
    {
        _pods.All.RemoveAll(pod => pod.Leaving && pod.Load == 0);
        _gateways.All.RemoveAll(gateway => gateway.Leaving && gateway.InFlight == 0);
        _gatewayById = _gateways.All.Count == _gatewayById.Count && _gateways.All.TrueForAll(g => _gatewayById.ContainsKey(g.Id)) ? _gatewayById : _gateways.All.ToDictionary(g => g.Id);
        _listed.Clear();
        foreach (var pod in _pods.All)
        {
            if (pod.IsReady(now) || (pod.DiedAt is { } died && now < died + Failures.ProbesNotice)) _listed.Add(pod);
        }
        _balanced.Clear();
        foreach (var gateway in _gateways.All)
        {
            if (gateway.IsReady(now) || (gateway.DiedAt is { } died && now < died + _setup.Failures.BalancerSeconds)) _balanced.Add(gateway);
        }
    }

    private void Arrive(double now, Record record)
    {
        record.Offer(now);
        if (_balanced.Count == 0)
        {
            record.Lose(now);
            return;
        }
        var gateway = _balanced[_random.Next(_balanced.Count)];
        if (gateway.DiedAt is not null) record.Lose(now);
        else if (_random.NextDouble() < _setup.Tasks.Share) Accept(gateway, now, record);
        else if (IsHit(now))
        {
            gateway.Work(_setup.Gateway.HitSeconds);
            record.Answer(now, gateway.Delay + _setup.Gateway.HitSeconds);
        }
        else
        {
            gateway.Work(_setup.Gateway.MissSeconds);
            Note(gateway.Run(new(now, now + gateway.Delay, gateway.Id, IsTask: false), _listed, now), now, record);
        }
    }

    private bool IsHit(double now) =>
        _random.NextDouble() < _setup.Hits.Memory
        || (_redis is not null && _random.NextDouble() < _setup.Hits.Redis && _redis.TryRead(_setup.Gateway.AnswerBytes, now));

    private void Accept(SimulatedGateway gateway, double now, Record record)
    {
        gateway.Work(_setup.Gateway.MissSeconds);
        if (_tasks.Count >= _setup.Tasks.MaxWaiting || _redis?.TryWrite(_setup.Gateway.UploadBytes, now) == false) record.RefuseTask(now);
        else _tasks.Enqueue(now);
    }

    /// <summary>Tasks are taken as long as pods have room beside the people's requests.</summary>
    private void RunTasks(double now, Record record)
    {
        while (_tasks.Count > 0 && _balanced.Count > 0)
        {
            var gateway = _balanced[_random.Next(_balanced.Count)];
            if (gateway.DiedAt is not null || !gateway.HasRoomForTask(_listed, _setup.Pod.MaxBatch, now)) return;
            var sent = _tasks.Dequeue();
            gateway.Work(_setup.Gateway.MissSeconds);
            _redis?.TryRead(_setup.Gateway.UploadBytes, now);
            // What was not taken comes back into the queue, and is not refused.
            if (gateway.Run(new(sent, now, gateway.Id, IsTask: true), _listed, now) == Outcome.Accepted) continue;
            _tasks.Enqueue(sent);
            return;
        }
    }

    private void Deliver(in Answer answer, Record record)
    {
        if (GatewayOf(answer.Call.Gateway) is not { } gateway) return;
        gateway.Answered(answer);
        _redis?.TryWrite(_setup.Gateway.AnswerBytes, answer.At);
        if (!answer.Call.IsTask) record.Answer(answer.At, answer.At - answer.Call.Sent);
    }

    private SimulatedGateway? GatewayOf(int id) => _gatewayById.TryGetValue(id, out var gateway) && gateway.DiedAt is null ? gateway : null;

    private void Scale(double now)
    {
        var staying = _pods.All.Where(pod => !pod.Leaving).ToList();
        var metrics = staying.Select(pod => (pod.Name, Metrics: pod.Metrics())).Where(pod => pod.Metrics is not null).ToDictionary(pod => pod.Name, pod => pod.Metrics!.Value);
        _pods.Scale(now, staying, pod => pod.Name,
            metric => metrics.ToDictionary(pod => pod.Key, pod => Math.Min(_setup.Bounds[metric], metric.EndsWith("ratio", StringComparison.Ordinal) ? pod.Value.Ratio : pod.Value.Concurrency)),
            _ => _tasksSeen, pod => pod.Leaving = true);

        var gateways = _gateways.All.Where(gateway => !gateway.Leaving).ToList();
        var use = gateways.Where(gateway => gateway.IsReady(now)).ToDictionary(gateway => gateway.Name, gateway => gateway.ReadUtilization(SyncEvery));
        _gateways.Scale(now, gateways, gateway => gateway.Name, _ => use, _ => null, gateway => gateway.Leaving = true);
    }

    internal static void Note(Outcome outcome, double now, Record record)
    {
        if (outcome is Outcome.Refused or Outcome.NoMemory) record.Refuse(now, byGateway: outcome == Outcome.NoMemory);
        if (outcome == Outcome.Lost) record.Lose(now);
    }
}
