using System.Collections.Concurrent;

namespace Rembg.Inference.Models;

/// <summary>
/// Buffers of exactly one model input each. A shared array pool would round three MiB up to four, for every request
/// that waits. Holds no more than were ever in use at once, which admission bounds.
/// </summary>
public sealed class InputPool(int bytes)
{
    private readonly ConcurrentBag<byte[]> _free = [];

    /// <summary>Size of one input: width × height × 3.</summary>
    public int Bytes => bytes;

    /// <summary>Contents are undefined.</summary>
    public byte[] Rent() => _free.TryTake(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(bytes);

    public void Return(byte[] buffer) => _free.Add(buffer);
}
