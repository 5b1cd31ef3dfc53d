using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Rembg.Contract.Hosting;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>Takes tasks while the pods have room for them. On SIGTERM it takes no more, and gives back what does not end in time.</summary>
internal sealed partial class TaskWorker(
    ITaskQueue queue, TaskRun run, AdaptiveConcurrencyLimit room, TaskSignals signals, IHostApplicationLifetime lifetime,
    IOptions<TaskOptions> options, IOptions<ServiceOptions> service, TimeProvider time, ILogger<TaskWorker> logger) : BackgroundService
{
    /// <summary>Share of the drain that runs may take; the rest is for giving back.</summary>
    private const double RunShareOfDrain = 0.8;

    private readonly ConcurrentDictionary<Task, byte> _runs = [];
    private bool _storeIsAway;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var stopping = lifetime.ApplicationStopping; // comes before the server has drained, stoppingToken after
        using var interrupt = new CancellationTokenSource();
        await using var poll = time.CreateTimer(_ => signals.Work.Set(), null, TimeSpan.Zero, options.Value.PollEvery);
        try
        {
            while (true)
            {
                await signals.Work.WaitAsync(stopping);
                await TakeAsync(interrupt.Token, stopping);
            }
        }
        catch (OperationCanceledException)
        {
        }

        await using var patience = time.CreateTimer(_ => interrupt.Cancel(), null, TimeSpan.FromSeconds(service.Value.DrainSeconds * RunShareOfDrain), Timeout.InfiniteTimeSpan);
        await Task.WhenAll(_runs.Keys);
    }

    private async Task TakeAsync(CancellationToken interrupted, CancellationToken stopping)
    {
        try
        {
            while (!stopping.IsCancellationRequested && room.Free is > 0 and var free)
            {
                var leases = await queue.TakeAsync(free);
                foreach (var lease in leases) Start(lease, interrupted);
                if (leases.Count < free) break;
            }
            _storeIsAway = false;
        }
        catch (ProblemException problem)
        {
            if (!_storeIsAway) Log.StoreIsAway(logger, problem.Problem.Detail);
            _storeIsAway = true; // one line an outage
        }
        catch (Exception exception)
        {
            Log.Unexpected(logger, exception); // the next poll tries again; the gateway must not end of it
        }
    }

    private void Start(TaskLease lease, CancellationToken interrupted)
    {
        room.Enter();
        var running = RunAsync(lease, interrupted);
        _runs.TryAdd(running, 0);
        _ = running.ContinueWith(done => _runs.TryRemove(done, out _), TaskScheduler.Default);
    }

    private async Task RunAsync(TaskLease lease, CancellationToken interrupted)
    {
        await Task.Yield(); // the others must not wait until this one first waits
        try
        {
            await run.RunAsync(lease, interrupted);
        }
        catch (Exception exception)
        {
            Log.Unexpected(logger, exception); // the lease runs out, and the task is taken again
        }
        finally
        {
            room.Leave();
            signals.Work.Set();
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "No tasks can be taken: {Reason}")]
        public static partial void StoreIsAway(ILogger logger, string? reason);

        [LoggerMessage(Level = LogLevel.Error, Message = "Unexpected error in the task worker")]
        public static partial void Unexpected(ILogger logger, Exception exception);
    }
}
