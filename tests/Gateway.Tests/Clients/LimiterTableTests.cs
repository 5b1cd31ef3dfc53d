using System.Threading.RateLimiting;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Clients.Limits;

namespace Rembg.Gateway.Tests.Clients;

public sealed class LimiterTableTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly LimiterTable<string, ConcurrencyLimiter> _table;

    public LimiterTableTests() => _table = new(_ => new ConcurrencyLimiter(new() { PermitLimit = 1, QueueLimit = 0 }), _time);

    public void Dispose() => _table.Dispose();

    [Fact]
    public void Clients_HaveLimitersOfTheirOwn()
    {
        using var first = _table.AttemptAcquire("a");
        using var again = _table.AttemptAcquire("a");
        using var other = _table.AttemptAcquire("b");

        (first.IsAcquired, again.IsAcquired, other.IsAcquired).ShouldBe((true, false, true));
    }

    [Fact]
    public void IdleClient_IsForgotten_OneWithALeaseIsNot()
    {
        _table.AttemptAcquire("idle").Dispose();
        using var held = _table.AttemptAcquire("busy");
        _table.Count.ShouldBe(2);

        _time.Advance(TimeSpan.FromSeconds(10));

        _table.Count.ShouldBe(1);
        _table.AttemptAcquire("busy").IsAcquired.ShouldBeFalse();
    }
}
