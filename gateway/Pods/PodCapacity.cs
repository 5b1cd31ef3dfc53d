using Rembg.Contract;

namespace Rembg.Gateway.Pods;

/// <summary>
/// How many runs of this gateway a pod may hold, so that requests wait in the gateway, where clients take turns. It starts with two
/// batches: one that runs, and one that is ready when the first ends. A run that waited in the pod for less than half a model run
/// raises the limit by one a round (doubles it at first); one that waited for over one and a half lowers it by one, as in TCP Vegas
/// (Brakmo and Peterson, 1995). A refusal or a lost connection halves it and pauses; each success then adds one, up to two batches.
/// </summary>
internal sealed class PodCapacity
{
    private const double RoomBelow = 0.5, TooManyAbove = 1.5;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private int _inFlight;
    private int _twoBatches = 2;
    private double _limit = 2;
    private bool _starting = true;
    private int _losses;
    private long _workedAt;
    private long _pausedUntil;
    private long _pausedForBackgroundUntil;

    /// <summary>Runs that this gateway has given it.</summary>
    public int InFlight
    {
        get { lock (_lock) return _inFlight; }
    }

    /// <summary>When it last answered a run as it should.</summary>
    public long WorkedAt
    {
        get { lock (_lock) return _workedAt; }
    }

    /// <summary>The most that it is given, now.</summary>
    public int Limit
    {
        get { lock (_lock) return (int)_limit; }
    }

    /// <param name="isLight">A run whose client has nothing else: for such there is one place more.</param>
    public bool HasRoom(Priority priority, bool isLight, TimeProvider time)
    {
        var now = time.GetTimestamp();
        lock (_lock) return _inFlight < (int)_limit + (isLight ? 1 : 0) && now >= _pausedUntil && (priority == Priority.Interactive || now >= _pausedForBackgroundUntil);
    }

    public void Enter()
    {
        lock (_lock) _inFlight++;
    }

    public void Leave()
    {
        lock (_lock) _inFlight--;
    }

    public void Worked(TimeProvider time)
    {
        lock (_lock) _workedAt = time.GetTimestamp();
    }

    /// <summary>The pod said how large its batches are.</summary>
    public void Announce(int largestBatch)
    {
        lock (_lock)
        {
            _limit += Math.Max(0, 2 * largestBatch - _twoBatches);
            _twoBatches = 2 * largestBatch;
        }
    }

    /// <summary>It made a cutout.</summary>
    /// <param name="waited">In the pod, for a model run.</param>
    /// <param name="ran">The model run.</param>
    public void Ran(TimeSpan waited, TimeSpan ran)
    {
        lock (_lock)
        {
            if (waited > RoomBelow * ran) _starting = false;
            var step = _starting ? 1 : 1 / _limit;
            if (Recover()) return;
            if (waited <= RoomBelow * ran && _inFlight >= (int)_limit) _limit += step; // places that nobody uses prove nothing
            else if (waited > TooManyAbove * ran) _limit = Math.Max(_twoBatches, _limit - step);
        }
    }

    /// <summary>It drew with a mask that it was given: it is well, but that says nothing about its model runs.</summary>
    public void Drew()
    {
        lock (_lock) Recover();
    }

    /// <summary>It said that it is full. What is full for interactive runs is full for background ones, but not the other way round.</summary>
    public void Refused(Priority priority, TimeSpan pause, TimeProvider time)
    {
        lock (_lock)
        {
            var until = Until(pause, time);
            if (priority == Priority.Background) _pausedForBackgroundUntil = until;
            else if (time.GetTimestamp() >= _pausedUntil) (_pausedUntil, _limit, _starting) = (until, Halved, false); // those sent together count once
        }
    }

    /// <summary>Its connection broke. Those that break together count once; one after the other, each pause is twice as long.</summary>
    public void Lost(TimeProvider time)
    {
        lock (_lock)
        {
            if (time.GetTimestamp() < _pausedUntil) return;
            var pause = FirstPause * Math.Pow(2, Math.Min(_losses++, 10));
            (_pausedUntil, _limit, _starting) = (Until(pause < LongestPause ? pause : LongestPause, time), Halved, false);
        }
    }

    /// <summary>Time until a pause ends; null when there is none.</summary>
    public TimeSpan? PauseLeft(TimeProvider time)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            long[] ends = [.. new[] { _pausedUntil, _pausedForBackgroundUntil }.Where(end => end > now)];
            return ends.Length == 0 ? null : time.GetElapsedTime(now, ends.Min());
        }
    }

    /// <returns>Whether it gave back a place that was taken after a refusal or a loss.</returns>
    private bool Recover()
    {
        _losses = 0;
        _pausedUntil = _pausedForBackgroundUntil = 0;
        if (_limit >= _twoBatches) return false;
        _limit = Math.Min(_twoBatches, _limit + 1);
        return true;
    }

    private double Halved => Math.Max(1, _limit / 2);

    private static long Until(TimeSpan pause, TimeProvider time) => time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency);
}
