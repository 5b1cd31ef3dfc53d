using System.Diagnostics;
using System.Threading.Channels;
using Rembg.Contract;
using Rembg.Inference.Telemetry;

namespace Rembg.Inference.Batching;

/// <summary>
/// Turns concurrent requests into batches for one model. Work-conserving and formed as late as possible: a batch is
/// taken only when an executor is free, from whatever waits at that moment, so it is as large as it can be without
/// anybody having waited for it (Triton's and text-embeddings-inference's rule). One loop owns the queue.
/// </summary>
public sealed class Batcher : IAsyncDisposable
{
    private readonly BatchRun _run;
    private readonly CostModel _cost;
    private readonly BatcherMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly TimeSpan _delay;
    private readonly double _backgroundShare;
    private readonly BatchQueue _queue;
    private readonly Channel<BatchRequest> _arrivals = Channel.CreateUnbounded<BatchRequest>(new() { SingleReader = true });
    private readonly SemaphoreSlim _executors;
    private readonly int _executorCount;
    private readonly Task _loop;
    private readonly int[] _waiting = new int[2];
    private int _running;

    public Batcher(IBatchRunner runner, BatchSizes sizes, int executors, BatchingOptions options, CostModel cost, BatcherMetrics metrics, TimeProvider time)
    {
        (_run, Sizes, _cost, _metrics, _time) = (new BatchRun(runner, cost, metrics, time), sizes, cost, metrics, time);
        _delay = TimeSpan.FromMilliseconds(options.DelayMilliseconds);
        _backgroundShare = options.BackgroundShare;
        _queue = new BatchQueue(options.BackgroundShare);
        _executors = new SemaphoreSlim(executors);
        _executorCount = executors;
        metrics.ObserveQueue(priority => Volatile.Read(ref _waiting[(int)priority]));
        _loop = Task.Run(LoopAsync);
    }

    public BatchSizes Sizes { get; }

    /// <summary>Ends when the batcher forms no more batches: after disposal, or faulted by a bug. Without it a pod must not get requests.</summary>
    public Task Completion => _loop;

    /// <summary>Images that wait or run.</summary>
    public int Load => Volatile.Read(ref _waiting[0]) + Volatile.Read(ref _waiting[1]) + Volatile.Read(ref _running);

    /// <summary>Waits for a place in a batch and for its run.</summary>
    /// <param name="input">uint8 RGB at the model's input size; the batcher may read it until the returned task has ended.</param>
    /// <param name="isLight">Goes before the others of its priority.</param>
    /// <exception cref="DroppedException">The caller left, or the deadline passed or cannot be met.</exception>
    /// <remarks>
    /// After the caller has left the task still ends only once the request is out of the queue, so that whoever awaits
    /// it keeps accounting for the memory that it holds.
    /// </remarks>
    public async Task<BatchResult> RunAsync(byte[] input, Priority priority, Deadline deadline, CancellationToken caller, bool isLight = false)
    {
        var request = new BatchRequest(input, priority, deadline, _time.GetTimestamp(), Activity.Current?.Context ?? default, caller, isLight);
        Interlocked.Increment(ref _waiting[(int)priority]);
        ObjectDisposedException.ThrowIf(!_arrivals.Writer.TryWrite(request), this);
        return await request.Task;
    }

    /// <summary>How long a request that came now would take to get its mask, by the learned cost; zero while nothing is known.</summary>
    public TimeSpan EstimateWait(Priority priority)
    {
        var interactive = Volatile.Read(ref _waiting[(int)Priority.Interactive]);
        var ahead = priority == Priority.Background
            ? interactive + Volatile.Read(ref _waiting[(int)Priority.Background])
            : (int)(interactive / (1 - _backgroundShare));
        var runs = (double)(ahead + Volatile.Read(ref _running)) / (Sizes.Largest * _executorCount);
        return runs * _cost.Estimate(Sizes.Largest) + _cost.Estimate(1);
    }

    private async Task LoopAsync()
    {
        try
        {
            await FormBatchesAsync();
        }
        catch (Exception broken)
        {
            FailWaiting(broken);
            throw;
        }
    }

    private async Task FormBatchesAsync()
    {
        while (true)
        {
            // 1. Wait for a free executor, and only then look at the queue.
            await _executors.WaitAsync();
            // 2. Wait for something to do.
            if (!await SomethingWaitsAsync()) return;
            // 3. Give a batch the configured moment to fill.
            if (_delay > TimeSpan.Zero) await TopUpAsync();
            // 4. Drop what is not worth a run.
            _queue.Sweep(IsDead);
            // 5. Take as many as it pays to run together.
            if (_queue.Count == 0)
            {
                _executors.Release();
                continue;
            }
            var (take, runAt) = Sizes.Choose(_queue.Count, _cost.Estimate);
            var batch = _queue.Take(take);
            foreach (var request in batch) Interlocked.Decrement(ref _waiting[(int)request.Priority]);
            Interlocked.Add(ref _running, batch.Length);
            // 6. Run beside the loop, which goes on to form the next batch when an executor is free.
            _ = ExecuteAsync(batch, runAt);
        }
    }

    private async ValueTask<bool> SomethingWaitsAsync()
    {
        do
        {
            while (_arrivals.Reader.TryRead(out var request)) _queue.Enqueue(request);
            if (_queue.Count > 0) return true;
        }
        while (await _arrivals.Reader.WaitToReadAsync());
        return false;
    }

    private async Task TopUpAsync()
    {
        while (true)
        {
            // The clock before the channel: what came within the delay joins, however late the loop runs.
            var left = _delay - _time.GetElapsedTime(_queue.Oldest);
            while (_arrivals.Reader.TryRead(out var request)) _queue.Enqueue(request);
            if (_queue.Count >= Sizes.Largest || left <= TimeSpan.Zero) return;
            using var enough = new CancellationTokenSource(left, _time);
            try
            {
                if (!await _arrivals.Reader.WaitToReadAsync(enough.Token)) return;
            }
            catch (OperationCanceledException)
            {
                // The time is over.
            }
        }
    }

    private bool IsDead(BatchRequest request)
    {
        var left = request.Deadline.Left(_time);
        DropReason? reason =
            request.CallerLeft ? DropReason.Cancelled
            : left <= TimeSpan.Zero ? DropReason.Expired
            : left < _cost.Estimate(1) ? DropReason.CannotMeetDeadline
            : null;
        if (reason is not { } why) return false;

        Interlocked.Decrement(ref _waiting[(int)request.Priority]);
        request.TrySetException(new DroppedException(why));
        return true;
    }

    private async Task ExecuteAsync(BatchRequest[] batch, int runAt)
    {
        try
        {
            await _run.RunAsync(batch, runAt);
        }
        catch (Exception unexpected)
        {
            _metrics.Failed(batch.Length, unexpected);
            foreach (var request in batch) request.TrySetException(new RunFailedException(unexpected));
        }
        finally
        {
            Interlocked.Add(ref _running, -batch.Length);
            _executors.Release();
        }
    }

    /// <summary>Nobody may wait for a loop that has ended.</summary>
    private void FailWaiting(Exception reason)
    {
        _arrivals.Writer.TryComplete();
        while (_arrivals.Reader.TryRead(out var request)) _queue.Enqueue(request);
        foreach (var request in _queue.Take(_queue.Count))
        {
            Interlocked.Decrement(ref _waiting[(int)request.Priority]);
            request.TrySetException(new RunFailedException(reason));
        }
    }

    /// <summary>Takes nothing more, finishes what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        _arrivals.Writer.TryComplete();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_loop.IsFaulted) return; // whoever watches Completion knows
        // The loop left with one executor in hand; the others come back as their runs end.
        for (var i = 1; i < _executorCount; i++) await _executors.WaitAsync();
        _executors.Dispose();
    }
}
