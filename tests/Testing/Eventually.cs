using System.Diagnostics;

namespace Rembg.Testing;

/// <summary>Waits for a thing that happens in its own time.</summary>
public static class Eventually
{
    /// <summary>Looks again and again until it is so; fails, naming the thing, after a time that only a broken thing takes.</summary>
    public static async Task TrueAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > (limit ?? TimeSpan.FromSeconds(30))) throw new TimeoutException($"Waited in vain: {what}.");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        }
    }

    public static Task TrueAsync(Func<bool> condition, string what, TimeSpan? limit = null) =>
        TrueAsync(() => Task.FromResult(condition()), what, limit);
}
