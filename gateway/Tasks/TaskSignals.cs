namespace Rembg.Gateway.Tasks;

/// <summary>
/// Wakes who waits: the worker for work, long polls and event streams for a change of a task's state. The signal for work may get
/// lost, so the worker looks now and then; no change does, since it is read from the outbox.
/// </summary>
internal sealed class TaskSignals
{
    private readonly Dictionary<string, Watch> _watched = [];

    /// <summary>There may be a task to run.</summary>
    public Signal Work { get; } = new();

    /// <summary>There may be a webhook to send.</summary>
    public Signal Deliveries { get; } = new();

    /// <summary>Watches for a change. Begin before looking at the task, so that none can fall between; dispose to stop.</summary>
    public Watch WatchTask(string id)
    {
        lock (_watched)
        {
            if (!_watched.TryGetValue(id, out var watch)) _watched[id] = watch = new(this, id);
            watch.Watchers++;
            return watch;
        }
    }

    public void Changed(string id)
    {
        Watch? watch;
        lock (_watched) _watched.Remove(id, out watch);
        watch?.Complete();
    }

    /// <summary>Nobody knows which: all who watch look again.</summary>
    public void ChangedAny()
    {
        Watch[] all;
        lock (_watched)
        {
            all = [.. _watched.Values];
            _watched.Clear();
        }
        foreach (var watch in all) watch.Complete();
    }

    public sealed class Watch(TaskSignals signals, string id) : IDisposable
    {
        private readonly TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal int Watchers { get; set; }

        /// <summary>Waits for the next change, but not for longer than <paramref name="most"/>; watch again for another.</summary>
        /// <returns>False when there was none.</returns>
        /// <exception cref="OperationCanceledException">Waiting was given up.</exception>
        public async Task<bool> ChangesWithinAsync(TimeSpan most, TimeProvider time, CancellationToken cancellationToken)
        {
            try
            {
                await _change.Task.WaitAsync(most, time, cancellationToken);
                return true;
            }
            catch (TimeoutException)
            {
                return false;
            }
        }

        internal void Complete() => _change.TrySetResult();

        public void Dispose()
        {
            lock (signals._watched)
                if (--Watchers == 0 && signals._watched.GetValueOrDefault(id) == this) signals._watched.Remove(id);
        }
    }
}
