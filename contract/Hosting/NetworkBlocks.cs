using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Rembg.Contract.Hosting;

/// <summary>
/// Blocks that connections are read into. Kestrel's own are 4 KiB: a photograph is then 256 reads, each with its system
/// call and its turn on the thread pool. Reads into these are 16 times as long.
/// </summary>
internal sealed class NetworkBlocks : MemoryPool<byte>
{
    private const int BlockBytes = 64 << 10;

    public override int MaxBufferSize => Array.MaxLength;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new Block(ArrayPool<byte>.Shared.Rent(Math.Max(minBufferSize, BlockBytes)));

    protected override void Dispose(bool disposing)
    {
    }

    public sealed class Factory : IMemoryPoolFactory<byte>
    {
        public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new NetworkBlocks();
    }

    private sealed class Block(byte[] array) : IMemoryOwner<byte>
    {
        private byte[]? _array = array;

        public Memory<byte> Memory => _array;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _array, null) is { } rented) ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
