using Microsoft.Extensions.Hosting;

namespace Rembg.Contract.Hosting;

/// <summary>Keeps the native heap at what is in use: seldom enough that pages given back and taken again cost nothing that shows.</summary>
internal sealed class NativeHeapTrimmer(TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) NativeHeap.Trim();
    }
}
