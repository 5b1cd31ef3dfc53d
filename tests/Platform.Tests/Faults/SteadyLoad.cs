using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Platform.Tests.Tasks;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Faults;

/// <summary>
/// Callers who come at a steady pace, whatever became of those before them, so that a platform that stands still is not
/// spared: forty a second, one in eight with a task. Each has a picture of its own, and what became of it is kept.
/// They do as behind a load balancer: a request whose gateway goes away before an answer is sent to the next gateway.
/// </summary>
internal sealed class SteadyLoad : IAsyncDisposable
{
    private const int TaskEvery = 8;
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);

    private static readonly byte[] Small = TaskApi.Picture(1);

    private readonly Uri[] _gateways;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(90) };
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<Sent> _sent = [];
    private readonly ConcurrentDictionary<int, TimeSpan> _waiting = [];
    private readonly ConcurrentQueue<string> _accepted = [];
    private readonly Func<int, byte[]> _picture;
    private readonly Task _sending;
    private TimeSpan _fault;

    private SteadyLoad(Func<int, byte[]>? picture, Uri[] gateways)
    {
        (_picture, _gateways) = (picture ?? Picture, gateways);
        _sending = SendAsync();
    }

    /// <summary>Begins, and returns once the platform answers well.</summary>
    /// <param name="gateways">Requests go to them in turn.</param>
    /// <param name="picture">By number, each another one; a small one unless given.</param>
    public static async Task<SteadyLoad> StartAsync(IEnumerable<ServiceProcess> gateways, Func<int, byte[]>? picture = null)
    {
        var load = new SteadyLoad(picture, [.. gateways.Select(gateway => gateway.Address)]);
        await load.GoesWellAsync();
        return load;
    }

    /// <summary>What is done to the platform from now on is the fault.</summary>
    public void FaultBegins() => _fault = Now;

    /// <summary>Returns when the last forty answers to requests sent after this call were good, and no request from before them still waits.</summary>
    public Task GoesWellAsync()
    {
        var since = Now;
        return Eventually.TrueAsync(
            () => _sent.Where(sent => sent.Start > since).TakeLast(40).ToArray() is { Length: 40 } last && last.All(sent => sent.IsGood) && _waiting.Values.All(start => start > last[20].Start),
            "the platform answers well", TimeSpan.FromMinutes(2));
    }

    /// <summary>Returns when so many requests, sent after this call, have been answered in any way.</summary>
    public Task GoesOnAsync(int requests)
    {
        var since = Now;
        return Eventually.TrueAsync(() => _sent.Count(sent => sent.Start > since) >= requests, "requests are answered", TimeSpan.FromMinutes(2));
    }

    /// <summary>Returns when so many requests have been sent after this call, whether answered or not.</summary>
    public Task ComesOnAsync(int requests)
    {
        var since = Now;
        return Eventually.TrueAsync(() => _sent.Count(sent => sent.Start > since) + _waiting.Values.Count(start => start > since) >= requests, "requests are sent", TimeSpan.FromMinutes(2));
    }

    /// <summary>Sends no more, and returns when every request has come to its end, and every task that was accepted.</summary>
    public async Task<LoadReport> EndAsync()
    {
        await _end.CancelAsync();
        await _sending;
        var ends = new ConcurrentQueue<string>();
        await Parallel.ForEachAsync(_accepted, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (id, _) => ends.Enqueue(await EndOfTaskAsync(id)));
        return new([.. _sent], [.. ends], _fault);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _sending;
        _http.Dispose();
        _end.Dispose();
    }

    private TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    private async Task SendAsync()
    {
        var all = new List<Task>();
        using var timer = new PeriodicTimer(Pace, TimeProvider.System);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token)) all.Add(SendAsync(all.Count));
        }
        catch (OperationCanceledException)
        {
        }
        await Task.WhenAll(all);
    }

    private async Task SendAsync(int number)
    {
        await Task.Yield();
        var (start, isTask, key) = (Now, number % TaskEvery == TaskEvery - 1, Guid.NewGuid().ToString());
        _waiting[number] = start;
        for (var resent = 0; ; resent++)
        {
            string outcome;
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_gateways[(number + resent) % _gateways.Length], isTask ? "/v1/tasks" : "/v1/remove-background"));
                request.Content = new ByteArrayContent(_picture(number));
                if (isTask) request.Headers.Add("Idempotency-Key", key);
                using var answer = await _http.SendAsync(request);
                outcome = isTask ? await AcceptedAsync(answer) : await CutAsync(answer);
            }
            catch (Exception gone) when (gone.IsLostConnection() && resent < _gateways.Length - 1)
            {
                continue;
            }
            catch (Exception exception) when (exception.IsLostConnection() || exception is OperationCanceledException)
            {
                outcome = Sent.Unanswered;
            }
            _waiting.TryRemove(number, out _);
            _sent.Enqueue(new(isTask, start, Now, outcome, resent));
            return;
        }
    }

    private static async Task<string> CutAsync(HttpResponseMessage answer)
    {
        var body = await answer.Content.ReadAsByteArrayAsync();
        if (!answer.IsSuccessStatusCode) return Refusal(answer, body);
        var whole = body.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) && body.AsSpan()[^8..].StartsWith("IEND"u8);
        return whole && answer.Content.Headers.ContentType?.MediaType == "image/png" ? Sent.Picture : "200 that is no picture";
    }

    private async Task<string> AcceptedAsync(HttpResponseMessage answer)
    {
        if (!answer.IsSuccessStatusCode) return Refusal(answer, await answer.Content.ReadAsByteArrayAsync());
        _accepted.Enqueue((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!);
        return Sent.Accepted;
    }

    private static string Refusal(HttpResponseMessage answer, byte[] body)
    {
        var code = answer.Content.Headers.ContentType?.MediaType == "application/problem+json" ? JsonDocument.Parse(body).RootElement.GetProperty("code").GetString() : "without a problem";
        var silentAboutReturn = (int)answer.StatusCode == 503 && answer.Headers.RetryAfter is null;
        return $"{(int)answer.StatusCode} {code}{(silentAboutReturn ? " without Retry-After" : "")}";
    }

    private async Task<string> EndOfTaskAsync(string id)
    {
        var (status, asked) = ("", 0);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                using var answer = await _http.GetAsync(new Uri(_gateways[asked++ % _gateways.Length], $"/v1/tasks/{id}?wait=10s"));
                status = answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString()! : $"{(int)answer.StatusCode}";
            }
            catch (Exception gone) when (gone.IsLostConnection())
            {
                return false;
            }
            return status is not ("queued" or "running" or "503");
        }, $"task {id} ends", TimeSpan.FromMinutes(2));
        return status;
    }

    private static byte[] Picture(int number) => [.. Small, .. BitConverter.GetBytes(number)];
}
