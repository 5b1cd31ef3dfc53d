namespace Rembg.Gateway.Pods;

/// <summary>
/// How fast a queue moves: the mean time between two that leave it, from the times in which somebody waited all the while. At other
/// times it leaves as fast as it comes, which says nothing. Not thread-safe.
/// </summary>
internal sealed class QueuePace(TimeProvider time)
{
    private const double Smoothing = 0.05;

    /// <summary>Fewer tell too little: those of one batch leave together.</summary>
    private const int Enough = 20;

    private TimeSpan _interval;
    private int _known;
    private long _leftAt;
    private bool _othersWaited;

    /// <summary>One has left.</summary>
    public void Left(bool othersWait)
    {
        if (_othersWaited)
        {
            var interval = time.GetElapsedTime(_leftAt);
            _known = Math.Min(Enough, _known + 1);
            _interval += Math.Max(Smoothing, 1.0 / _known) * (interval - _interval);
        }
        (_leftAt, _othersWaited) = (time.GetTimestamp(), othersWait);
    }

    /// <summary>There is no pod: the time until the next one leaves is not that of a queue that moves.</summary>
    public void Interrupted() => _othersWaited = false;

    /// <summary>Time for so many to leave; null while too little is known.</summary>
    public TimeSpan? TimeFor(double leaving) => _known < Enough ? null : leaving * _interval;
}
