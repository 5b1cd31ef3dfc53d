using System.Threading.Channels;

namespace Rembg.Gateway.Tasks;

/// <summary>
/// Wakes who waits: the worker for work, long polls for the end of a task. Signals may get lost (Redis' messages do), so
/// whoever waits looks again now and then.
/// </summary>
internal sealed class TaskSignals
{
    private readonly Channel<bool> _work = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<string, Watch> _watched = [];

    /// <summary>There may be something to do.</summary>
    public void Work() => _work.Writer.TryWrite(true);

    /// <summary>Returns when <see cref="Work"/> has been called since the last time.</summary>
    public async Task WaitForWorkAsync(CancellationToken cancellationToken) => await _work.Reader.ReadAsync(cancellationToken);

    /// <summary>Watches for a task's end. Begin before looking at the task, so that its end cannot fall between; dispose to stop.</summary>
    public Watch WatchEnd(string id)
    {
        lock (_watched)
        {
            if (!_watched.TryGetValue(id, out var watch)) _watched[id] = watch = new(this, id);
            watch.Watchers++;
            return watch;
        }
    }

    public void Ended(string id)
    {
        Watch? watch;
        lock (_watched) _watched.Remove(id, out watch);
        watch?.Complete();
    }

    public sealed class Watch(TaskSignals signals, string id) : IDisposable
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int Watchers { get; set; }

        /// <summary>Completes at the next end; watch again for another (an operator may have the task tried again).</summary>
        public Task End => _end.Task;

        internal void Complete() => _end.TrySetResult();

        public void Dispose()
        {
            lock (signals._watched)
                if (--Watchers == 0 && signals._watched.GetValueOrDefault(id) == this) signals._watched.Remove(id);
        }
    }
}
