using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Rembg.Contract.Problems;
using Rembg.Gateway.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Tasks;

public sealed class LeaseRenewerTests
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private readonly FakeTimeProvider _time = new();
    private int _renewals;

    [Fact]
    public async Task Lease_IsRenewedEveryThird()
    {
        await using var keeper = Keep(() => true);

        for (var third = 1; third <= 9; third++) await PassThirdAsync();

        keeper.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task RefusedRenewal_MeansTheLeaseIsLost()
    {
        await using var keeper = Keep(() => false);

        await PassThirdAsync();

        await Eventually.TrueAsync(() => keeper.Lost.IsCancellationRequested, "the lease is lost");
    }

    [Fact]
    public async Task StoreAway_TheLeaseHoldsAsLongAsItWasGiven()
    {
        await using var keeper = Keep(() => _renewals == 1 ? true : throw Problem.Overloaded("away").AsException());

        await PassThirdAsync(); // renewed
        await PassThirdAsync();
        await PassThirdAsync();
        keeper.Lost.IsCancellationRequested.ShouldBeFalse();
        _time.Advance(Length / 3); // whether it asks once more is a race, that it is over is not

        await Eventually.TrueAsync(() => keeper.Lost.IsCancellationRequested, "the lease is lost");
    }

    [Fact]
    public async Task UnexpectedError_DoesNotEndTheRenewals()
    {
        await using var keeper = Keep(() => _renewals == 2 ? throw new InvalidOperationException("a bug") : true);

        for (var third = 1; third <= 6; third++) await PassThirdAsync();

        keeper.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    private LeaseRenewer Keep(Func<bool> renew) => new(
        () =>
        {
            Interlocked.Increment(ref _renewals);
            return Task.FromResult(renew());
        },
        Length, _time, NullLogger.Instance);

    private async Task PassThirdAsync()
    {
        var before = _renewals;
        _time.Advance(Length / 3);
        await Eventually.TrueAsync(() => Volatile.Read(ref _renewals) == before + 1, "the lease is renewed");
    }
}
