using System.Buffers;
using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Rembg.Gateway.Memory;

namespace Rembg.Gateway.Tests.Memory;

public sealed class BlockBufferTests : IDisposable
{
    private const int Block = BlockPool.BlockBytes;
    private readonly MemoryBudget _memory = new(16 * Block, 1, new FakeTimeProvider());

    public void Dispose() => _memory.Dispose();

    [Theory]
    [InlineData(3 * Block, 1)]
    [InlineData(3 * Block, Block)]
    [InlineData(2 * Block + 1, 1)]
    [InlineData(2 * Block + 1, 2)]
    [InlineData(2 * Block + 500, 2 * Block + 499)]
    [InlineData(1000, 1000)]
    [InlineData(2 * Block, 2 * Block)]
    [InlineData(1000, 0)]
    public async Task TakenTail_IsTheEnd_AndItsBlocksAreGivenBack(int bytes, int tail)
    {
        var content = RandomNumberGenerator.GetBytes(bytes);
        using var buffer = new BlockBuffer(_memory, "client");
        for (var written = 0; written < bytes;)
        {
            var next = await buffer.NextAsync(CancellationToken.None);
            var taken = Math.Min(next.Length, bytes - written);
            content.AsMemory(written, taken).CopyTo(next);
            buffer.Advance(taken);
            written += taken;
        }

        buffer.TakeTail(tail).ShouldBe(content[^tail..]);
        buffer.ToSequence().ToArray().ShouldBe(content[..^tail]);
        _memory.BytesInUse.ShouldBe((bytes - tail + Block - 1) / Block * Block);

        using (var whole = buffer.Complete()) whole.Bytes.ToArray().ShouldBe(content[..^tail]);
        _memory.BytesInUse.ShouldBe(0);
    }
}
