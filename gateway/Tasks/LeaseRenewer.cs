namespace Rembg.Gateway.Tasks;

/// <summary>Renews a lease every third of its length until disposed, and says when it was lost.</summary>
internal sealed partial class LeaseRenewer : IAsyncDisposable
{
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _done = new();
    private readonly Task _keeping;

    /// <param name="renew">False when the lease was lost; throws when the store does not answer.</param>
    /// <param name="length">Of the lease; it was given just now.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Of who holds the lease.</param>
    public LeaseRenewer(Func<Task<bool>> renew, TimeSpan length, TimeProvider time, ILogger logger) => _keeping = KeepAsync(renew, length, time, logger);

    /// <summary>Cancelled when another may hold the task.</summary>
    public CancellationToken Lost => _lost.Token;

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _keeping;
        _done.Dispose();
        _lost.Dispose();
    }

    private async Task KeepAsync(Func<Task<bool>> renew, TimeSpan length, TimeProvider time, ILogger logger)
    {
        using var timer = new PeriodicTimer(length / 3, time);
        var renewed = time.GetTimestamp();
        try
        {
            while (await timer.WaitForNextTickAsync(_done.Token) && await MayGoOnAsync()) { }
        }
        catch (OperationCanceledException)
        {
            return;
        }
        await _lost.CancelAsync();

        async Task<bool> MayGoOnAsync()
        {
            try
            {
                var asked = time.GetTimestamp();
                if (!await renew()) return false;
                renewed = asked;
                return true;
            }
            catch (Exception exception)
            {
                // Whatever it was, another may not have the task yet: the lease holds for as long as it was last given.
                Log.NotRenewed(logger, exception.Message);
                return time.GetElapsedTime(renewed) < length;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "A task's lease was not renewed: {Reason}")]
        public static partial void NotRenewed(ILogger logger, string reason);
    }
}
