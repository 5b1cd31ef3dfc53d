using System.Threading.RateLimiting;

namespace Rembg.Gateway.Clients.Limits;

/// <summary>
/// A limiter for each client, made when the client first comes and forgotten once it has been idle. The framework's
/// PartitionedRateLimiter does the same, but wakes ten times a second for it; four of them kept an idle gateway busy (issue 27).
/// </summary>
/// <typeparam name="TKey">Whom a limiter is for.</typeparam>
/// <typeparam name="TLimiter">What it is.</typeparam>
internal sealed class LimiterTable<TKey, TLimiter> : IDisposable where TKey : notnull where TLimiter : RateLimiter
{
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new(); // a limiter is never forgotten between being found and being asked
    private readonly Dictionary<TKey, TLimiter> _limiters = [];
    private readonly Func<TKey, TLimiter> _create;
    private readonly ITimer _timer;

    public LimiterTable(Func<TKey, TLimiter> create, TimeProvider time)
    {
        _create = create;
        _timer = time.CreateTimer(_ => Forget(), null, ForgetEvery, ForgetEvery);
    }

    /// <summary>Clients that are remembered.</summary>
    public int Count
    {
        get { lock (_lock) return _limiters.Count; }
    }

    public RateLimitLease AttemptAcquire(TKey key) => Ask(key, limiter => limiter.AttemptAcquire());

    public ValueTask<RateLimitLease> AcquireAsync(TKey key, CancellationToken cancellationToken) =>
        Ask(key, limiter => limiter.AcquireAsync(cancellationToken: cancellationToken));

    public TAnswer Ask<TAnswer>(TKey key, Func<TLimiter, TAnswer> question)
    {
        lock (_lock) return question(Find(key));
    }

    public void Dispose()
    {
        _timer.Dispose();
        lock (_lock)
            foreach (var limiter in _limiters.Values) limiter.Dispose();
    }

    private TLimiter Find(TKey key)
    {
        if (!_limiters.TryGetValue(key, out var limiter)) _limiters[key] = limiter = _create(key);
        return limiter;
    }

    private void Forget()
    {
        lock (_lock)
        {
            foreach (var (key, limiter) in _limiters.Where(entry => entry.Value.IdleDuration is not null).ToList()) // as good as a new one
            {
                _limiters.Remove(key);
                limiter.Dispose();
            }
        }
    }
}
