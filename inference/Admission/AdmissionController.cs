using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;
using Rembg.Contract;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Admission;

/// <summary>The door: a bounded number of requests and of MiB that they hold. Full is said at once, before the body is read.</summary>
public sealed class AdmissionController(IOptions<AdmissionOptions> options, IHostApplicationLifetime lifetime) : IDisposable
{
    private readonly int _maxRequests = options.Value.MaxRequests;
    private readonly int _maxMebibytes = options.Value.MaxWaitingMiB;
    private readonly ConcurrencyLimiter _requests = new(new() { PermitLimit = options.Value.MaxRequests });
    private readonly ConcurrencyLimiter _mebibytes = new(new() { PermitLimit = options.Value.MaxWaitingMiB });

    /// <summary>Requests that are in, from here to the last byte of their answer.</summary>
    public int InFlight => _maxRequests - (int)(_requests.GetStatistics()?.CurrentAvailablePermits ?? _maxRequests);

    /// <summary>Takes a place; dispose it to leave.</summary>
    /// <param name="bytes">What the request will hold while it waits; at most the whole budget is counted.</param>
    /// <exception cref="ProblemException">503: full or draining.</exception>
    public IDisposable Enter(long bytes)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            throw Problem.Overloaded("This pod is stopping.", PodHeaders.Draining).AsException();

        var request = _requests.AttemptAcquire();
        if (!request.IsAcquired) throw Full("All places in the queue are taken.");
        var memory = _mebibytes.AttemptAcquire((int)Math.Clamp(ToMebibytes(bytes), 1, _maxMebibytes));
        if (memory.IsAcquired) return new Place(request, memory);

        request.Dispose();
        throw Full("The memory for waiting uploads is taken.");
    }

    internal static ProblemException Full(string detail) => Problem.Overloaded(detail, PodHeaders.QueueFull).AsException();

    internal static long ToMebibytes(long bytes) => (bytes >> 20) + ((bytes & ((1 << 20) - 1)) == 0 ? 0 : 1);

    public void Dispose()
    {
        _requests.Dispose();
        _mebibytes.Dispose();
    }

    private sealed record Place(RateLimitLease Request, RateLimitLease Memory) : IDisposable
    {
        public void Dispose()
        {
            Memory.Dispose();
            Request.Dispose();
        }
    }
}
