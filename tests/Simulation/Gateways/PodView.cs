namespace Rembg.Simulation.Gateways;

/// <summary>What one gateway knows of one pod: the arithmetic of <c>Rembg.Gateway.Pods.Pod</c>, against which it is tested.</summary>
public struct PodView
{
    private const double ReportLife = 2;

    private int _reported;
    private double _reportedAt;
    private double _fullUntil;

    /// <summary>Runs that this gateway has given it.</summary>
    public int InFlight { get; private set; }

    /// <summary>It failed: not asked before then.</summary>
    public double RestUntil { get; set; }

    public void Enter() => InFlight++;

    public void Leave() => InFlight--;

    public void Reported(int load, double now) => (_reported, _reportedAt) = (load, now);

    public void Full(double until) => _fullUntil = until;

    public void HasRoom() => _fullUntil = 0;

    public readonly bool IsFull(double now) => now < _fullUntil;

    public readonly double Load(double now) => InFlight + Math.Clamp(1 - (now - _reportedAt) / ReportLife, 0, 1) * Math.Max(0, _reported - InFlight);
}
