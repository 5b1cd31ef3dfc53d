using Microsoft.Extensions.Hosting;

namespace Rembg.Contract.Hosting;

/// <summary>Keeps the native heap at what is in use: seldom enough that pages given back and taken again cost nothing that shows.</summary>
internal sealed class NativeHeapTrimmer(TimeProvider time) : IHostedService, IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);
    private ITimer? _timer;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(_ => NativeHeap.Trim(), null, Every, Every);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();
}
