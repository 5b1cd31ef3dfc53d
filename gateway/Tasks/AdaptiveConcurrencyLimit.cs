using Microsoft.Extensions.Options;

namespace Rembg.Gateway.Tasks;

/// <summary>
/// How many tasks to run at once: as many as the pods have room for, found by trying. Starts small; a run that waited in its
/// pod no longer than one model run means there is room for more, one that waited for over two means there are too many (one
/// run ahead keeps an executor busy, a second is only in the way of people), and a refusal halves the number and pauses. The
/// first two move it by one a round, as TCP Vegas (Brakmo and Peterson, 1995) does by the time that packets queue.
/// </summary>
internal sealed class AdaptiveConcurrencyLimit : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ITimer _pauseEnd;
    private readonly int _most;
    private double _limit;
    private int _running;
    private int _refusals;
    private long _pausedAt;
    private TimeSpan _pause;

    public AdaptiveConcurrencyLimit(IOptions<TaskOptions> options, TaskSignals signals, TimeProvider time)
    {
        (_time, _most) = (time, options.Value.MaxRunning);
        _limit = Math.Min(2, _most);
        _pauseEnd = time.CreateTimer(_ => signals.Work.Set(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Places for more tasks now.</summary>
    public int Free
    {
        get { lock (_lock) return IsPaused ? 0 : Math.Max(0, (int)_limit - _running); }
    }

    public void Enter()
    {
        lock (_lock) _running++;
    }

    public void Leave()
    {
        lock (_lock) _running--;
    }

    /// <summary>A pod made a cutout.</summary>
    /// <param name="waited">In the pod, for a model run.</param>
    /// <param name="ran">The model run.</param>
    public void Ran(TimeSpan waited, TimeSpan ran)
    {
        lock (_lock)
        {
            _refusals = 0;
            if (waited <= ran && _running >= (int)_limit) _limit = Math.Min(_most, _limit + 1 / _limit); // places that nobody uses prove nothing
            else if (waited > 2 * ran) _limit = Math.Max(1, _limit - 1 / _limit);
        }
    }

    /// <summary>No pod took a run. Those that were sent together are refused together, and count once.</summary>
    public void Refused()
    {
        lock (_lock)
        {
            if (IsPaused) return;
            _limit = Math.Max(1, _limit / 2);
            var pause = FirstPause * Math.Pow(2, Math.Min(_refusals++, 10));
            (_pausedAt, _pause) = (_time.GetTimestamp(), pause < LongestPause ? pause : LongestPause);
            _pauseEnd.Change(_pause, Timeout.InfiniteTimeSpan);
        }
    }

    private bool IsPaused => _time.GetElapsedTime(_pausedAt) < _pause;

    public void Dispose() => _pauseEnd.Dispose();
}
