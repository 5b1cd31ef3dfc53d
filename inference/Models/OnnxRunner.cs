using System.Collections.Concurrent;
using Rembg.Contract.Models;
using Rembg.Inference.Batching;

namespace Rembg.Inference.Models;

/// <summary>
/// Runs batches of one session on threads of its own, one an executor with its own buffers: a run blocks for long, and
/// the thread pool's few threads must stay free for requests.
/// </summary>
internal sealed class OnnxRunner : IBatchRunner, IDisposable
{
    private readonly OnnxSession _session;
    private readonly BlockingCollection<(IReadOnlyList<byte[]> Inputs, int BatchSize, TaskCompletionSource<byte[][]> Done)> _batches = [];
    private readonly Thread[] _threads;

    public OnnxRunner(OnnxSession session, int executors, int largestBatch)
    {
        _session = session;
        _threads = [.. Enumerable.Range(0, executors).Select(i => new Thread(Loop) { Name = $"{session.Spec.Name} executor {i}", IsBackground = true })];
        foreach (var thread in _threads) thread.Start(new RunBuffers(session.Spec, largestBatch));
    }

    public Task<byte[][]> RunAsync(IReadOnlyList<byte[]> inputs, int batchSize)
    {
        var done = new TaskCompletionSource<byte[][]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _batches.Add((inputs, batchSize, done));
        return done.Task;
    }

    private void Loop(object? state)
    {
        var buffers = (RunBuffers)state!;
        foreach (var (inputs, batchSize, done) in _batches.GetConsumingEnumerable())
        {
            try
            {
                done.TrySetResult(Run(buffers, inputs, batchSize));
            }
            catch (Exception exception)
            {
                done.TrySetException(exception);
            }
        }
    }

    private byte[][] Run(RunBuffers buffers, IReadOnlyList<byte[]> inputs, int batchSize)
    {
        for (var place = 0; place < inputs.Count; place++) Normalization.ToInput(inputs[place], _session.Spec, buffers.InputOf(place));
        // Padding must not carry an earlier batch's pixels: its work is thrown away, but its time must not depend on them.
        for (var place = inputs.Count; place < batchSize; place++) buffers.InputOf(place).Clear();
        _session.Run(buffers, batchSize);
        var masks = new byte[inputs.Count][];
        for (var place = 0; place < masks.Length; place++) masks[place] = Normalization.ToMask(buffers.OutputOf(place), _session.Spec.Activation);
        return masks;
    }

    public void Dispose()
    {
        _batches.CompleteAdding();
        foreach (var thread in _threads) thread.Join();
        _batches.Dispose();
    }
}
