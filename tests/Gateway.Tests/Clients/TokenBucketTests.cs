using FsCheck;
using FsCheck.Xunit;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Clients;
using Rembg.Gateway.Clients.Limits;

namespace Rembg.Gateway.Tests.Clients;

public sealed class TokenBucketTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly TokenBucket _bucket;

    public TokenBucketTests() => _bucket = new(new Plan { RatePerSecond = 10, Burst = 5 }, _clock);

    public void Dispose() => _bucket.Dispose();

    [Fact]
    public void Fills_ContinuouslyAndNeverOverItsSize()
    {
        Take(5).ShouldBe((true, 0, 100));

        _clock.Advance(TimeSpan.FromMilliseconds(50));
        Take(1).ShouldBe((false, 0, 50));
        _clock.Advance(TimeSpan.FromMilliseconds(50));
        Take(1).ShouldBe((true, 0, 100));

        _clock.Advance(TimeSpan.FromHours(1));
        Take(5).ShouldBe((true, 0, 100));
        Take(1).ShouldBe((false, 0, 100));
    }

    [Fact]
    public void RefusedRequest_TakesNothingAndIsToldWhenItsCostIsThere()
    {
        Take(3).ShouldBe((true, 2, 100));
        Take(4).ShouldBe((false, 2, 200));
        Take(2).ShouldBe((true, 0, 100));
    }

    [Fact]
    public void CostAboveTheSize_IsAnError() => Should.Throw<ArgumentOutOfRangeException>(() => Take(6));

    [Fact]
    public async Task ChargeOfMoreThanThereIs_IsADebtThatTheNextRequestWaitsFor()
    {
        Take(1).ShouldBe((true, 4, 100));
        await _bucket.ChargeAsync(6);

        Take(1).ShouldBe((false, 0, 300));
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        _bucket.IdleDuration.ShouldBeNull();
        Take(1).ShouldBe((true, 0, 100));
    }

    [Fact]
    public void IsIdle_OnlyFromWhenItIsFullAgain()
    {
        Take(5);
        _clock.Advance(TimeSpan.FromMilliseconds(499));
        _bucket.IdleDuration.ShouldBeNull();
        _clock.Advance(TimeSpan.FromMilliseconds(1001));
        _bucket.IdleDuration.ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Property(MaxTest = 200)]
    public void WhateverTheTraffic_GrantsAtMostBurstAndRateTimesTime((byte PauseMilliseconds, byte Cost)[] traffic)
    {
        var start = _clock.GetTimestamp();
        using var bucket = new TokenBucket(new Plan { RatePerSecond = 10, Burst = 5 }, _clock);
        var granted = 0;
        foreach (var (pause, cost) in traffic)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(pause));
            using var lease = bucket.AttemptAcquire(1 + cost % 5);
            if (lease.IsAcquired) granted += 1 + cost % 5;
            ((double)granted).ShouldBeLessThanOrEqualTo(5 + 10 * _clock.GetElapsedTime(start).TotalSeconds + 1e-9);
        }
    }

    private (bool Taken, long Left, double WaitMilliseconds) Take(int cost)
    {
        using var lease = _bucket.AttemptAcquire(cost);
        lease.TryGetMetadata(BucketLease.Remaining, out var left);
        lease.TryGetMetadata(BucketLease.Wait, out var wait);
        return (lease.IsAcquired, left, Math.Round(wait.TotalMilliseconds, 3));
    }
}
