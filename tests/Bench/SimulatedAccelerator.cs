using System.Collections.Concurrent;
using System.Diagnostics;
using Rembg.Inference.Batching;

namespace Rembg.Bench;

/// <summary>
/// Stands in for a GPU behind the engine's own seam: one batch at a time, each a + b·n milliseconds, on a thread of its
/// own. It waits in short sleeps and spins the last millisecond, since a timer alone would be late by as much.
/// </summary>
internal sealed class SimulatedAccelerator : IBatchRunner, IDisposable
{
    private readonly BlockingCollection<(int Size, int Images, TaskCompletionSource<byte[][]> Done)> _batches = [];
    private readonly TimeSpan _fixed;
    private readonly TimeSpan _perImage;
    private readonly Thread _thread;

    public SimulatedAccelerator(TimeSpan fixedCost, TimeSpan perImage)
    {
        (_fixed, _perImage) = (fixedCost, perImage);
        _thread = new Thread(Loop) { IsBackground = true, Priority = ThreadPriority.AboveNormal };
        _thread.Start();
    }

    public TimeSpan Cost(int size) => _fixed + size * _perImage;

    public Task<byte[][]> RunAsync(IReadOnlyList<byte[]> inputs, int batchSize)
    {
        var done = new TaskCompletionSource<byte[][]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _batches.Add((batchSize, inputs.Count, done));
        return done.Task;
    }

    private void Loop()
    {
        foreach (var (size, images, done) in _batches.GetConsumingEnumerable())
        {
            var end = Stopwatch.GetTimestamp() + (long)(Cost(size).TotalSeconds * Stopwatch.Frequency);
            using var timer = new ManualResetEventSlim();
            while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), end) is { TotalMilliseconds: > 2 } left)
                timer.Wait(left - TimeSpan.FromMilliseconds(2));
            while (Stopwatch.GetTimestamp() < end) Thread.SpinWait(20);
            done.SetResult([.. Enumerable.Repeat(Array.Empty<byte>(), images)]);
        }
    }

    public void Dispose()
    {
        _batches.CompleteAdding();
        _thread.Join();
        _batches.Dispose();
    }
}
