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

    public InputLoan Rent() => new(this, _free.TryTake(out var buffer) ? buffer : GC.AllocateUninitializedArray<byte>(bytes));

    /// <summary>A buffer on loan until it is disposed.</summary>
    /// <param name="pool">Where it goes back to.</param>
    /// <param name="pixels">R G B interleaved; undefined at first.</param>
    public sealed class InputLoan(InputPool pool, byte[] pixels) : IDisposable
    {
        public byte[] Pixels { get; } = pixels;

        public void Dispose() => pool._free.Add(Pixels);
    }
}
