using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Memory;

/// <summary>Who holds bytes, who is charged for them, and when their blocks are used again.</summary>
public sealed class SharedBytesTests : IDisposable
{
    private const int Block = BlockPool.BlockBytes;
    private readonly FakeTimeProvider _time = new();
    private readonly MemoryBudget _memory;
    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(4 * Block);

    public SharedBytesTests() => _memory = new(16 * Block, 1, _time);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public async Task SharedByManyRequests_IsChargedOnceAndUntilTheLastIsOver()
    {
        var first = await ReadAsync();
        var others = Enumerable.Range(0, 40).Select(_ => first.Share()).ToArray();
        _memory.BytesInUse.ShouldBe(4 * Block);

        first.Dispose();
        others[1..].ToList().ForEach(other => other.Dispose());
        _memory.BytesInUse.ShouldBe(4 * Block);
        others[0].Bytes.ToArray().ShouldBe(_bytes);

        others[0].Dispose();
        others[0].Dispose();
        _memory.BytesInUse.ShouldBe(0);
        _memory.Blocks.Free.ShouldBe(4);
    }

    [Fact]
    public async Task KeptByACache_IsChargedToTheRequestThatMadeIt_NotToThoseThatTheCacheServes()
    {
        var request = await ReadAsync();
        using var kept = request.Keep();
        using var hit = kept.Share();
        _memory.BytesInUse.ShouldBe(4 * Block);

        request.Dispose();
        _memory.BytesInUse.ShouldBe(0);
        using (await ReadAsync()) kept.Bytes.ToArray().ShouldBe(_bytes, "another does not get its blocks");
        using var another = hit.Share();
        _memory.BytesInUse.ShouldBe(0);
    }

    [Fact]
    public async Task LetGoByItsCacheWhileItIsRead_IsChargedAgain()
    {
        var request = await ReadAsync();
        var kept = request.Keep();
        var hit = kept.Share();
        request.Dispose();

        kept.Dispose();
        _memory.BytesInUse.ShouldBe(4 * Block);
        hit.Bytes.ToArray().ShouldBe(_bytes);

        hit.Dispose();
        _memory.BytesInUse.ShouldBe(0);
        kept.TryShare().ShouldBeNull();
        Should.Throw<ObjectDisposedException>(() => hit.Bytes);
    }

    [Fact]
    public async Task BlocksThatNobodyNeeds_GoBackToTheSystem()
    {
        (await ReadAsync()).Dispose();
        _memory.Blocks.Free.ShouldBe(4);

        _time.Advance(TimeSpan.FromSeconds(15));
        _memory.Blocks.Free.ShouldBe(4, "they were in use within the last 15 seconds");

        _memory.Blocks.Return(_memory.Blocks.Rent());
        _time.Advance(TimeSpan.FromSeconds(15));
        _memory.Blocks.Free.ShouldBe(1, "one was needed");

        _time.Advance(TimeSpan.FromSeconds(15));
        _memory.Blocks.Free.ShouldBe(0);
    }

    [Fact]
    public void Blocks_AreKeptUpToTheBudget()
    {
        foreach (var block in Enumerable.Range(0, 20).Select(_ => _memory.Blocks.Rent()).ToArray()) _memory.Blocks.Return(block);

        _memory.Blocks.Free.ShouldBe(16);
    }

    private async Task<SharedBytes> ReadAsync()
    {
        using var buffer = new BlockBuffer(_memory, "a");
        for (var left = _bytes.AsMemory(); !left.IsEmpty;)
        {
            var next = await buffer.NextAsync(CancellationToken.None);
            var taken = Math.Min(next.Length, left.Length);
            left[..taken].CopyTo(next);
            left = left[taken..];
            buffer.Advance(taken);
        }
        return buffer.Complete();
    }
}
