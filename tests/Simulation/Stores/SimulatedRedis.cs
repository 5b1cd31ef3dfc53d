namespace Rembg.Simulation.Stores;

/// <summary>What one Redis can do, and how long gateways wait for it.</summary>
/// <param name="NetworkBytes">Bytes a second, each way.</param>
/// <param name="DiskBytes">Bytes a second that the append-only file can take.</param>
/// <param name="Operations">Commands a second of its one thread.</param>
/// <param name="CacheBytes">Memory that is left for cached results.</param>
public sealed record RedisCost(double NetworkBytes, double DiskBytes, double Operations, double CacheBytes);

/// <summary>
/// The one Redis behind all gateways, as a fluid: what exceeds its network, its disk or its thread waits. Gateways that wait
/// longer than Cache:RedisTimeout leave it alone for Cache:RedisBreakDuration, and go on with what is in their memory.
/// </summary>
public sealed class SimulatedRedis(RedisCost cost)
{
    private const double Timeout = 0.2, Rest = 5;

    private double _out, _in, _disk, _thread, _restUntil, _used;

    /// <summary>The share of the time since the last reading that the busiest part was busy, without what was left out.</summary>
    public double ReadUse(double seconds)
    {
        var use = _used / seconds;
        _used = 0;
        return use;
    }

    /// <summary>Writes that failed or were left out, and reads.</summary>
    public int LeftOut { get; private set; }

    /// <summary>False: it is too slow, or was just now.</summary>
    public bool TryRead(double bytes, double now) => TryUse(ref _out, bytes / cost.NetworkBytes, 0, now);

    public bool TryWrite(double bytes, double now) => TryUse(ref _in, bytes / cost.NetworkBytes, bytes / cost.DiskBytes, now);

    public void Advance(double step)
    {
        _used += Math.Min(step, new[] { _out, _in, _disk, _thread }.Max());
        (_out, _in, _disk, _thread) = (Math.Max(0, _out - step), Math.Max(0, _in - step), Math.Max(0, _disk - step), Math.Max(0, _thread - step));
    }

    private bool TryUse(ref double way, double seconds, double diskSeconds, double now)
    {
        if (now < _restUntil)
        {
            LeftOut++;
            return false;
        }
        way += seconds;
        _disk += diskSeconds;
        _thread += 1 / cost.Operations;
        // The file is written behind; only when it is two seconds late does Redis wait for it.
        if (way <= Timeout && _thread <= Timeout && _disk <= 2) return true;
        _restUntil = now + Rest;
        LeftOut++;
        return false;
    }
}
