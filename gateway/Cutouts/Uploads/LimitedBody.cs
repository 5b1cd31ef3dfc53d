using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts.Uploads;

/// <summary>A body of at most so many bytes. Kestrel's own limit would also end the reading of what comes after a refusal.</summary>
/// <param name="body">The body.</param>
/// <param name="maxBytes">More is 413.</param>
/// <param name="maxImageBytes">What the 413 says.</param>
internal sealed class LimitedBody(Stream body, long maxBytes, long maxImageBytes) : BodyStream
{
    private long _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        return (_read += read) <= maxBytes ? read : throw Problem.ImageTooLarge(maxImageBytes).AsException();
    }
}
