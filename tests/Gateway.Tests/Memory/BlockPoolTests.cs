using System.Runtime.CompilerServices;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Memory;

/// <summary>An idle gateway allocates nothing, so that the runtime never collects by itself: do blocks go back to the system?</summary>
public sealed class BlockPoolTests
{
    private const int WorthCollecting = 64;
    private static readonly TimeSpan TrimEvery = TimeSpan.FromSeconds(15);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void ManyBlocksBeyondTheLimitReturned_AreCollectedAtTheNextTrim()
    {
        using var pool = new BlockPool(limit: 0, _time);
        var blocks = RentAndReturn(pool, WorthCollecting);

        _time.Advance(TrimEvery);

        blocks.ShouldAllBe(block => !block.IsAlive);
    }

    [Fact]
    public void FewBlocksLetGoAtATime_AreCollectedWhenTheirSumIsWorthIt()
    {
        using var pool = new BlockPool(limit: WorthCollecting * BlockPool.BlockBytes, _time);
        var trimmed = RentAndReturn(pool, WorthCollecting / 2);
        _time.Advance(TrimEvery); // from here on they are surplus
        _time.Advance(TrimEvery);
        pool.Free.ShouldBe(0);

        var trimmedLater = RentAndReturn(pool, WorthCollecting / 2);
        _time.Advance(TrimEvery);
        _time.Advance(TrimEvery);

        trimmed.Concat(trimmedLater).ShouldAllBe(block => !block.IsAlive);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // no block stays on the test's stack
    private static WeakReference[] RentAndReturn(BlockPool pool, int count)
    {
        var blocks = Enumerable.Range(0, count).Select(_ => pool.Rent()).ToArray();
        foreach (var block in blocks) pool.Return(block);
        return [.. blocks.Select(block => new WeakReference(block))];
    }
}
