using System.Threading.RateLimiting;
using Microsoft.Extensions.Options;

namespace Rembg.Inference.Admission;

/// <summary>
/// Bounds the full-resolution pixels that exist at once, in MiB and in images (one a core). First come, first served:
/// a large picture is not overtaken for ever by small ones.
/// </summary>
public sealed class PixelMemoryLimiter(IOptions<AdmissionOptions> options) : IDisposable
{
    /// <summary>What each core may hold besides: a decoder that goes row by row.</summary>
    private const long RowsBytes = 16 << 20;

    private readonly int _mebibytes = options.Value.MaxPixelMiB;
    private readonly ConcurrencyLimiter _bytes = Line(options.Value.MaxPixelMiB);
    private readonly ConcurrencyLimiter _images = Line(Environment.ProcessorCount);

    /// <summary>Waits for room; dispose the result to give it back. What exceeds the whole budget runs alone.</summary>
    public async ValueTask<IDisposable> EnterAsync(long bytes, CancellationToken cancellation)
    {
        var share = await ShareAsync(bytes, cancellation);
        try
        {
            return new Room(share, await _images.AcquireAsync(1, cancellation));
        }
        catch
        {
            share.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Waits for room to decode for the model, which a lane has let through: null for a decoder that goes row by row,
    /// a share of the bytes for one that needs the whole picture.
    /// </summary>
    public async ValueTask<IDisposable?> EnterDecodeAsync(long bytes, CancellationToken cancellation) =>
        bytes <= RowsBytes ? null : await ShareAsync(bytes, cancellation);

    public void Dispose()
    {
        _bytes.Dispose();
        _images.Dispose();
    }

    private ValueTask<RateLimitLease> ShareAsync(long bytes, CancellationToken cancellation) =>
        _bytes.AcquireAsync((int)Math.Clamp(AdmissionController.ToMebibytes(bytes), 1, _mebibytes), cancellation);

    // The door bounds who can stand in this line, so the line itself needs no bound.
    private static ConcurrencyLimiter Line(int permits) =>
        new(new() { PermitLimit = permits, QueueLimit = int.MaxValue, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });

    private sealed record Room(RateLimitLease Bytes, RateLimitLease Image) : IDisposable
    {
        public void Dispose()
        {
            Image.Dispose();
            Bytes.Dispose();
        }
    }
}
