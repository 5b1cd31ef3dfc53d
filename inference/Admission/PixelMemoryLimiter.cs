using Microsoft.Extensions.Options;
using Rembg.Contract.Problems;

namespace Rembg.Inference.Admission;

/// <summary>
/// Bounds the full-resolution pixels that exist at once, in MiB and in images (one a core). Small images pass a large one
/// that does not fit yet, but only so often: then room is kept for it.
/// </summary>
public sealed class PixelMemoryLimiter(IOptions<AdmissionOptions> options)
{
    /// <summary>How many may pass one that waits.</summary>
    public const int MaxPasses = 32;

    /// <summary>What each core may hold besides: a decoder that goes row by row.</summary>
    private const long RowsBytes = 16 << 20;

    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiting = [];
    private long _freeBytes = (long)options.Value.MaxPixelMiB << 20;
    private int _freeImages = Environment.ProcessorCount;

    /// <summary>Refuses what would not fit if it were alone.</summary>
    /// <exception cref="ProblemException">422, with the limit.</exception>
    public void CheckFits(long bytes)
    {
        if (bytes > (long)options.Value.MaxPixelMiB << 20)
            throw Problem.ResolutionTooHigh(
                $"Decoding or encoding it takes {AdmissionController.ToMebibytes(bytes):N0} MiB; at most {options.Value.MaxPixelMiB:N0} MiB are allowed. Send fewer pixels, or ask for format=png or a smaller size.").AsException();
    }

    /// <summary>Waits for room to compose an answer; dispose the result to give it back.</summary>
    /// <exception cref="ProblemException">422: larger than all the room there is.</exception>
    public ValueTask<IDisposable> EnterAsync(long bytes, CancellationToken cancellation) => EnterAsync(bytes, images: 1, cancellation);

    /// <summary>
    /// Waits for room to decode for the model: null for a decoder that goes row by row, a share of the bytes for one that
    /// needs the whole picture. To be had before a lane, which then is not held by who waits.
    /// </summary>
    /// <exception cref="ProblemException">422: larger than all the room there is.</exception>
    public async ValueTask<IDisposable?> EnterDecodeAsync(long bytes, CancellationToken cancellation) =>
        bytes <= RowsBytes ? null : await EnterAsync(bytes, images: 0, cancellation);

    private async ValueTask<IDisposable> EnterAsync(long bytes, int images, CancellationToken cancellation)
    {
        CheckFits(bytes);
        cancellation.ThrowIfCancellationRequested();
        var waiter = new Waiter(this, bytes, images);
        lock (_lock)
        {
            _waiting.AddLast(waiter);
            Admit();
        }
        using (cancellation.Register(() => Leave(waiter, cancellation))) return await waiter.Entered.Task;
    }

    /// <summary>Lets in, from the front, who fits; nobody passes one that has been passed often enough.</summary>
    private void Admit()
    {
        for (var node = _waiting.First; node is not null;)
        {
            var (waiter, next) = (node.Value, node.Next);
            if (waiter.Bytes <= _freeBytes && waiter.Images <= _freeImages)
            {
                for (var passed = node.Previous; passed is not null; passed = passed.Previous) passed.Value.Passes++;
                _waiting.Remove(node);
                (_freeBytes, _freeImages) = (_freeBytes - waiter.Bytes, _freeImages - waiter.Images);
                waiter.Entered.SetResult(waiter);
            }
            else if (waiter.Passes >= MaxPasses) return;
            node = next;
        }
    }

    private void Leave(Waiter waiter, CancellationToken cancellation)
    {
        lock (_lock)
        {
            if (!_waiting.Remove(waiter)) return; // it is in
            waiter.Entered.SetCanceled(cancellation);
            Admit();
        }
    }

    private void GiveBack(Waiter waiter)
    {
        lock (_lock)
        {
            (_freeBytes, _freeImages) = (_freeBytes + waiter.Bytes, _freeImages + waiter.Images);
            Admit();
        }
    }

    private sealed class Waiter(PixelMemoryLimiter limiter, long bytes, int images) : IDisposable
    {
        private int _disposed;

        public long Bytes { get; } = bytes;
        public int Images { get; } = images;
        public int Passes { get; set; }
        public TaskCompletionSource<IDisposable> Entered { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0) limiter.GiveBack(this);
        }
    }
}
