namespace Rembg.Inference.Admission;

/// <summary>
/// As many shrunk decodes at once as there are cores. Apart from composing, so that a burst of new uploads does not
/// hold up the answers that are nearly done.
/// </summary>
public sealed class DecodeLimiter : IDisposable
{
    private readonly SemaphoreSlim _lanes = new(Environment.ProcessorCount);

    public async ValueTask<Lane> EnterAsync(CancellationToken cancellation)
    {
        await _lanes.WaitAsync(cancellation);
        return new Lane(_lanes);
    }

    public void Dispose() => _lanes.Dispose();

    public readonly struct Lane(SemaphoreSlim lanes) : IDisposable
    {
        public void Dispose() => lanes.Release();
    }
}
