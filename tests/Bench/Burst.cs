using System.Diagnostics;

namespace Rembg.Bench;

/// <summary>Many posts at the same moment over connections that are open.</summary>
internal sealed class Burst(int port, int connections) : IDisposable
{
    private readonly BlockingClient[] _clients = [.. Enumerable.Range(0, connections).Select(_ => new BlockingClient(port))];

    /// <summary>Milliseconds from the start of the burst to each answer, and the answer; another status than expected is an error.</summary>
    public (double Milliseconds, string Answer)[] Post(string path, int status, IReadOnlyList<byte[]> images)
    {
        var (answers, errors) = (new (double, string)[_clients.Length], new Exception?[_clients.Length]);
        using var ready = new CountdownEvent(_clients.Length);
        using var go = new ManualResetEventSlim();
        var started = 0L;
        var threads = _clients.Select((client, i) => new Thread(() =>
        {
            ready.Signal();
            go.Wait();
            try
            {
                var answer = client.Post(path, status, images[i]);
                answers[i] = (Stopwatch.GetElapsedTime(started).TotalMilliseconds, answer);
            }
            catch (Exception exception)
            {
                errors[i] = exception;
            }
        }, maxStackSize: 128 << 10)).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        ready.Wait();
        started = Stopwatch.GetTimestamp();
        go.Set();
        Array.ForEach(threads, thread => thread.Join());
        if (errors.FirstOrDefault(error => error is not null) is { } failed) throw new InvalidOperationException("A post of the burst failed.", failed);
        return answers;
    }

    /// <summary>Bursts that make a server warm: the tasks that they leave are forgotten before the next.</summary>
    /// <returns>The median answer of each burst in milliseconds.</returns>
    public static async Task<double[]> RepeatAsync(Uri server, int rounds, string path, int status, int connections, Func<int, byte[]> image)
    {
        using var burst = new Burst(server.Port, connections);
        using var http = new HttpClient { BaseAddress = server };
        var medians = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            var answers = burst.Post(path, status, [.. Enumerable.Range(0, connections).Select(i => image(round * connections + i))]);
            medians[round] = answers.Select(answer => answer.Milliseconds).Order().ElementAt(connections / 2);
            foreach (var task in answers.Select(answer => BlockingClient.Location(answer.Answer)).OfType<string>()) (await http.DeleteAsync(task)).EnsureSuccessStatusCode();
        }
        return medians;
    }

    public void Dispose() => Array.ForEach(_clients, client => client.Dispose());
}
