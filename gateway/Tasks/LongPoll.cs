using System.Text.RegularExpressions;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Tasks;

/// <summary>Answers when a task has ended or the client's patience has: <c>?wait=20s</c>.</summary>
internal sealed partial class LongPoll(ITaskQueue queue, TaskSignals signals, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <exception cref="ProblemException">400: not of the form <c>20s</c>, or more than 30 s.</exception>
    public static TimeSpan Parse(HttpRequest request)
    {
        if (!request.Query.TryGetValue("wait", out var values)) return TimeSpan.Zero;
        if (values is [{ } text] && Seconds().IsMatch(text) && TimeSpan.FromSeconds(int.Parse(text.AsSpan(..^1), provider: null)) is var wait && wait <= Longest) return wait;
        throw Problem.InvalidParameter("wait", $"must be whole seconds from 0s to {Longest.TotalSeconds:0}s, for example 20s").AsException();
    }

    public async Task<CutoutTask?> FindAsync(string id, TimeSpan wait, CancellationToken client)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(client, lifetime.ApplicationStopping);
        var start = time.GetTimestamp();
        while (true)
        {
            using var watch = signals.WatchTask(id);
            var task = await queue.FindAsync(id);
            var left = wait - time.GetElapsedTime(start);
            if (task is null or { IsFinished: true } || left <= TimeSpan.Zero || either.IsCancellationRequested) return task;
            try
            {
                await watch.ChangesWithinAsync(left, time, either.Token);
            }
            catch (OperationCanceledException)
            {
                return task;
            }
        }
    }

    [GeneratedRegex("^[0-9]{1,2}s$")]
    private static partial Regex Seconds();
}
