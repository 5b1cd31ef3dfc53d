using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace Rembg.Bench;

/// <summary>Clients of the table's case (d): each posts a task, waits for it, fetches what came out and has it forgotten.</summary>
/// <param name="clients">As many as post their first task at the same moment.</param>
internal sealed class TaskClients(int clients)
{
    private readonly CountdownEvent _first = new(clients);

    /// <summary>Makes a gateway warm: it has met so many at once before, and its code is compiled.</summary>
    public Task WarmUpAsync(Uri gateway, byte[] image) => Burst.RepeatAsync(gateway, 8, "/v1/tasks", 202, clients, i => TestPhoto.Unique(image, -1 - i));

    /// <param name="accepted">Is told the seconds from the post to its answer.</param>
    public async Task CutAsync(HttpClient http, byte[] image, Action<double> accepted)
    {
        var task = await Task.Factory.StartNew(() => Post(http.BaseAddress!.Port, image, accepted), TaskCreationOptions.LongRunning);
        while (true)
        {
            var view = await http.GetFromJsonAsync<JsonElement>(task + "?wait=20s");
            var status = view.GetProperty("status").GetString();
            if (status is "failed" or "cancelled") throw new HttpRequestException(view.ToString());
            if (status != "succeeded") continue;
            if ((await http.GetByteArrayAsync(task + "/result")).Length == 0) throw new HttpRequestException("The result is empty.");
            (await http.DeleteAsync(task)).EnsureSuccessStatusCode().Dispose();
            return;
        }
    }

    private string? Post(int port, byte[] image, Action<double> accepted)
    {
        using var client = new BlockingClient(port);
        if (!_first.IsSet)
        {
            _first.Signal();
            _first.Wait();
        }
        var from = Stopwatch.GetTimestamp();
        var answer = client.Post("/v1/tasks", 202, image);
        accepted(Stopwatch.GetElapsedTime(from).TotalSeconds);
        return BlockingClient.Location(answer);
    }
}
