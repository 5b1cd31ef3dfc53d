using Rembg.Contract;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Cutouts;

/// <summary>
/// Callers who want the same thing at the same time share one run. A run belongs to all of them: it ends with the
/// last of them, not with the first to leave, and what goes wrong goes wrong for all.
/// </summary>
internal sealed class RequestCoalescer<T>(TimeProvider time)
{
    private readonly Dictionary<string, Run> _runs = [];

    /// <summary>Runs in flight.</summary>
    public int Count
    {
        get { lock (_runs) return _runs.Count; }
    }

    /// <summary>Callers who wait for them.</summary>
    public int Callers
    {
        get { lock (_runs) return _runs.Values.Sum(run => run.Callers); }
    }

    /// <summary>Joins the run named <paramref name="key"/>, or starts it, to end at <paramref name="deadline"/>.</summary>
    /// <param name="start">Called at once, on the caller's thread, when there is no such run.</param>
    /// <param name="share">Makes each caller's own handle of a result that is disposed with the run; null when it needs none.</param>
    public async Task<(T Result, bool Coalesced)> RunAsync(
        string key, Deadline deadline, Func<CancellationToken, Task<T>> start, CancellationToken caller, Func<T, T>? share = null)
    {
        while (true)
        {
            var (run, coalesced) = Enter(key, deadline);
            try
            {
                if (!coalesced) _ = CompleteAsync(key, run, start);
                var result = await run.Result.WaitAsync(caller);
                return (share is null ? result : share(result), coalesced);
            }
            catch (ProblemException others) when (coalesced && IsNotOurs(others.Problem) && deadline.Left(time) > TimeSpan.Zero)
            {
                // The first caller's time ran out, or its client has too much waiting. Ours has not: a run of our own.
            }
            finally
            {
                Leave(key, run);
            }
        }
    }

    private static bool IsNotOurs(Problem problem) => problem.Status is StatusCodes.Status504GatewayTimeout or StatusCodes.Status429TooManyRequests;

    private (Run Run, bool Coalesced) Enter(string key, Deadline deadline)
    {
        lock (_runs)
        {
            var coalesced = _runs.TryGetValue(key, out var run);
            if (!coalesced) _runs[key] = run = new Run(deadline.Left(time), time);
            run!.Callers++;
            return (run, coalesced);
        }
    }

    private void Leave(string key, Run run)
    {
        lock (_runs)
        {
            if (--run.Callers > 0) return;
            Remove(key, run);
        }
        run.Dispose(); // nobody waits any more
    }

    private async Task CompleteAsync(string key, Run run, Func<CancellationToken, Task<T>> start)
    {
        try
        {
            var result = await start(run.Token);
            Forget();
            run.Succeed(result);
        }
        catch (OperationCanceledException) when (run.Token.IsCancellationRequested)
        {
            Forget();
            run.Fail(Problem.DeadlineExceeded().AsException());
        }
        catch (Exception exception)
        {
            Forget();
            run.Fail(exception);
        }

        void Forget()
        {
            lock (_runs) Remove(key, run);
        }
    }

    private void Remove(string key, Run run)
    {
        if (_runs.TryGetValue(key, out var current) && current == run) _runs.Remove(key);
    }

    private sealed class Run : IDisposable
    {
        private readonly CancellationTokenSource _source;
        private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Run(TimeSpan limit, TimeProvider time)
        {
            _source = new(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, time);
            Token = _source.Token;
        }

        public int Callers { get; set; }

        /// <summary>Cancelled at the deadline or when the last caller has left, whichever is first.</summary>
        public CancellationToken Token { get; }
        public Task<T> Result => _result.Task;

        /// <summary>Nobody waits any more. A result that comes, or came, is disposed too: each caller has a handle of its own.</summary>
        public void Dispose()
        {
            _source.Cancel();
            _source.Dispose();
            _ = _result.Task.ContinueWith(done => (done.Result as IDisposable)?.Dispose(),
                CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        public void Succeed(T result) => _result.TrySetResult(result);

        public void Fail(Exception exception)
        {
            _result.TrySetException(exception);
            _ = _result.Task.Exception; // seen, even when everybody has left
        }
    }
}
