using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>The byte budget of requests in flight, and the blocks that uploads are read into, which are used again.</summary>
public sealed class MemoryBudget(IOptions<UploadOptions> options)
{
    /// <summary>Small enough to stay out of the large object heap, where every allocation hastens a full collection.</summary>
    public const int BlockBytes = 64 << 10;

    /// <summary>Last in, first out: a block that was just used is still in the processor's cache.</summary>
    private readonly ConcurrentStack<byte[]> _free = [];
    private readonly long _limit = options.Value.MaxBytesInFlight;
    private long _used, _kept;

    public long BytesInUse => Interlocked.Read(ref _used);

    /// <summary>Takes room for <paramref name="bytes"/>, in whole blocks, or says that we are full.</summary>
    public Reservation Reserve(long bytes)
    {
        var room = new Reservation(this);
        room.Grow(bytes);
        return room;
    }

    /// <summary>Counts bytes that are there already (an answer): never refused, but new uploads wait until they are gone.</summary>
    public Reservation ForceReserve(long bytes)
    {
        Interlocked.Add(ref _used, bytes);
        return new Reservation(this) { Bytes = bytes };
    }

    /// <remarks>Pinned, so that no collection ever copies what is a photograph's 64 KiB and stays for long.</remarks>
    internal byte[] Rent()
    {
        if (!_free.TryPop(out var block)) return GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);
        Interlocked.Add(ref _kept, -BlockBytes);
        return block;
    }

    /// <summary>Kept for the next upload up to the budget; what queued tasks held beyond it goes back to the system.</summary>
    internal void Return(List<byte[]> blocks)
    {
        foreach (var block in blocks)
        {
            if (Interlocked.Read(ref _kept) >= _limit) return;
            Interlocked.Add(ref _kept, BlockBytes);
            _free.Push(block);
        }
    }

    /// <summary>A share of the budget, given back when disposed.</summary>
    public sealed class Reservation(MemoryBudget memory) : IDisposable
    {
        public long Bytes { get; internal set; }

        /// <summary>Makes the share at least <paramref name="bytes"/>.</summary>
        public void Grow(long bytes)
        {
            var more = (bytes + BlockBytes - 1) / BlockBytes * BlockBytes - Bytes;
            if (more <= 0) return;
            if (Interlocked.Add(ref memory._used, more) > memory._limit)
            {
                Interlocked.Add(ref memory._used, -more);
                throw Problem.Overloaded("Too many uploads are in flight.").AsException();
            }
            Bytes += more;
        }

        public void Dispose()
        {
            Interlocked.Add(ref memory._used, -Bytes);
            Bytes = 0;
        }
    }
}
