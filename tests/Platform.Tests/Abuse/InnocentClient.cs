using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Abuse;

/// <summary>
/// A client at 127.0.0.3 that does what clients do: ten requests a second, of which one is a task and three are for an image that is
/// cached. Sends on time whatever became of the requests before.
/// </summary>
internal sealed class InnocentClient : IDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);
    private readonly HttpClient _http;
    private readonly string _key;
    private int _number;

    /// <param name="key">Its API key, where keys are on.</param>
    public InnocentClient(Uri gateway, string? key)
    {
        _http = Attacker.From(IPAddress.Parse("127.0.0.3"), gateway);
        _http.Timeout = TimeSpan.FromSeconds(30);
        _key = key ?? "";
    }

    /// <summary>Response times of cutouts and of tasks (from the POST to the end) that succeeded, and what the others were answered.</summary>
    public async Task<(TimeSpan[] Cutouts, TimeSpan[] Tasks, string[] Failed)> WorkAsync(TimeSpan duration)
    {
        var (cutouts, tasks, failed, requests) = (new ConcurrentQueue<TimeSpan>(), new ConcurrentQueue<TimeSpan>(), new ConcurrentQueue<string>(), new List<Task>());
        using var pace = new PeriodicTimer(Pace, TimeProvider.System);
        for (var left = duration / Pace; left > 0 && await pace.WaitForNextTickAsync(); left--) requests.Add(OneAsync(_number, _number++ % 10 == 0 ? tasks : cutouts, failed));
        await Task.WhenAll(requests);
        return ([.. cutouts], [.. tasks], [.. failed]);
    }

    private async Task OneAsync(int number, ConcurrentQueue<TimeSpan> succeeded, ConcurrentQueue<string> failed)
    {
        await Task.Yield();
        var started = Stopwatch.GetTimestamp();
        try
        {
            var error = (number % 10) switch
            {
                0 => await TaskAsync(Image(number)),
                3 or 6 or 9 => await CutAsync(Image(0)),
                _ => await CutAsync(Image(number)),
            };
            if (error is null) succeeded.Enqueue(Stopwatch.GetElapsedTime(started));
            else failed.Enqueue(error);
        }
        catch (Exception exception) when (exception.IsLostConnection() || exception is OperationCanceledException)
        {
            failed.Enqueue(exception.Message);
        }
    }

    private async Task<string?> CutAsync(byte[] image)
    {
        using var request = Attacker.Post("/v1/remove-background", image);
        using var response = await SendAsync(request);
        var body = await response.Content.ReadAsByteArrayAsync();
        return response.StatusCode == HttpStatusCode.OK && body.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P']) ? null : $"{(int)response.StatusCode} {System.Text.Encoding.UTF8.GetString(body)}";
    }

    /// <summary>From the POST to the result.</summary>
    private async Task<string?> TaskAsync(byte[] image)
    {
        using var post = Attacker.Post("/v1/tasks", image);
        using var accepted = await SendAsync(post);
        if (accepted.StatusCode != HttpStatusCode.Accepted) return $"{(int)accepted.StatusCode} at POST /v1/tasks: {await accepted.Content.ReadAsStringAsync()}";
        var id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        using var poll = new HttpRequestMessage(HttpMethod.Get, $"/v1/tasks/{id}?wait=20s");
        using var ended = await SendAsync(poll);
        var body = await ended.Content.ReadAsStringAsync();
        return body.Contains("\"succeeded\"", StringComparison.Ordinal) ? null : $"{(int)ended.StatusCode} {body}";
    }

    private Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        if (_key.Length > 0) request.Headers.Add("X-Api-Key", _key);
        return _http.SendAsync(request);
    }

    private static byte[] Image(int number) => [0xFF, 0xD8, 0xFF, 0xE0, .. new byte[20_000], .. BitConverter.GetBytes(number)];

    public void Dispose() => _http.Dispose();
}
