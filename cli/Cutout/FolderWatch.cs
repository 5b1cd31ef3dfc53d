using System.Runtime.CompilerServices;

namespace Rembg.Cli.Cutout;

/// <summary>
/// New images of a folder, as they come. It is looked at every second: a file is whole when it has the same size and time at two looks,
/// which notifications of the system would not say.
/// </summary>
internal sealed class FolderWatch(Func<IReadOnlyList<Job>> find, TimeProvider time)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Images without a cutout, a list for each look that finds some. An image is given again only when it has changed. Ends when cancelled.</summary>
    public async IAsyncEnumerable<IReadOnlyList<Job>> ChangesAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        Dictionary<string, State> before = [], given = [];
        while (true)
        {
            var now = find().Where(job => !job.IsDone).ToDictionary(job => job, job => State.Of(job.Input));
            IReadOnlyList<Job> whole = [.. now.Where(one => Is(before, one) && !Is(given, one)).Select(one => one.Key)];
            before = now.ToDictionary(one => one.Key.Input, one => one.Value);
            foreach (var job in whole) given[job.Input] = now[job];
            if (whole.Count > 0) yield return whole;
            await Task.Delay(LookEvery, time, cancellation);
        }

        static bool Is(Dictionary<string, State> states, KeyValuePair<Job, State> one) => states.TryGetValue(one.Key.Input, out var state) && state == one.Value;
    }

    /// <summary>Of a file; a length below zero when it has gone.</summary>
    private readonly record struct State(long Length, DateTime Written)
    {
        public static State Of(string path) => new FileInfo(path) is { Exists: true } file ? new(file.Length, file.LastWriteTimeUtc) : new(-1, default);
    }
}
