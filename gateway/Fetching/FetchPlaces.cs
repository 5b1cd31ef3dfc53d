using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Fetching;

/// <summary>
/// How many images are fetched at once, in all and by client. Who waits for a common place has one of its client's already: no client
/// has more than its share of them in that queue, and the queue is first come, first served. A client's plan bounds how many of its own wait.
/// </summary>
internal sealed class FetchPlaces : IDisposable
{
    private readonly PartitionedRateLimiter<string> _byClient;
    private readonly ConcurrencyLimiter _inAll;
    private readonly FetchingOptions _options;
    private readonly TimeProvider _time;

    public FetchPlaces(IOptions<FetchingOptions> options, TimeProvider time)
    {
        (_options, _time) = (options.Value, time);
        _byClient = PartitionedRateLimiter.Create<string, string>(client => RateLimitPartition.GetConcurrencyLimiter(client, _ => Queue(_options.MaxConcurrentPerClient)));
        _inAll = new(Queue(_options.MaxConcurrent));
    }

    /// <summary>Waits for a place; dispose the result to give it back.</summary>
    /// <exception cref="ProblemException">429: the client's places were all taken for too long. 503: everybody's.</exception>
    public async Task<IDisposable> EnterAsync(string client, CancellationToken caller)
    {
        using var wait = new CancellationTokenSource(_options.MaxWait, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(caller, wait.Token);
        RateLimitLease? own = null;
        try
        {
            own = await _byClient.AcquireAsync(client, cancellationToken: either.Token);
            return new Place(own, await _inAll.AcquireAsync(cancellationToken: either.Token));
        }
        catch (OperationCanceledException) when (wait.IsCancellationRequested && !caller.IsCancellationRequested)
        {
            own?.Dispose();
            throw (own is null
                ? Problem.RateLimited(TimeSpan.FromSeconds(1), $"At most {_options.MaxConcurrentPerClient} of one client's images are fetched at once.")
                : Problem.Overloaded("Too many images are being fetched.")).AsException();
        }
        catch
        {
            own?.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _byClient.Dispose();
        _inAll.Dispose();
    }

    private static ConcurrencyLimiterOptions Queue(int places) => new() { PermitLimit = places, QueueLimit = int.MaxValue };

    private sealed record Place(RateLimitLease Own, RateLimitLease Common) : IDisposable
    {
        public void Dispose()
        {
            Common.Dispose();
            Own.Dispose();
        }
    }
}
