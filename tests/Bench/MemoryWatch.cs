using Rembg.Testing;

namespace Rembg.Bench;

/// <summary>Samples the resident memory of processes together, and ends them before they take the machine with them.</summary>
internal sealed class MemoryWatch : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    public MemoryWatch(IReadOnlyList<ServiceProcess> processes, double limitGibibytes) => _watching = Task.Run(async () =>
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var held = processes.Sum(process => process.HasExited ? 0 : process.ResidentBytes) / 1073741824.0;
                PeakGibibytes = Math.Max(PeakGibibytes, held);
                if (held <= limitGibibytes) continue;
                Killed = true;
                foreach (var process in processes) await process.KillAsync();
                return;
            }
        }
        catch (OperationCanceledException)
        {
        }
    });

    public double PeakGibibytes { get; private set; }
    public bool Killed { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }
}
