using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Rembg.Contract.Cutouts;

namespace Rembg.Cli.Cutout;

/// <summary>
/// Asks a server for cutouts. One that is full (429, 503) says when to come back and is obeyed; one that cannot be reached is asked again after 1,
/// 2, 4 … 30 seconds; until <paramref name="giveUpAfter"/>.
/// </summary>
/// <param name="path">Of a gateway or a pod: both take the image as the body and options in the query.</param>
/// <param name="waiting">Is told why, before each wait.</param>
internal sealed class ServerCutter(HttpClient http, string path, CutoutOptions options, TimeSpan giveUpAfter, Action<string> waiting, TimeProvider time)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <summary>Gives the cutout to <paramref name="write"/>, from its first byte on.</summary>
    /// <param name="image">Bytes, or null for <paramref name="url"/>.</param>
    /// <exception cref="CutoutException">There is none; the message says why.</exception>
    public async Task CutAsync(byte[]? image, string? url, Func<Stream, Task> write, CancellationToken cancellation)
    {
        var (started, wait) = (time.GetTimestamp(), TimeSpan.FromSeconds(1));
        while (true)
        {
            string why;
            try
            {
                using var answer = await AskAsync(image, url, cancellation);
                if (answer.IsSuccessStatusCode)
                {
                    await write(await answer.Content.ReadAsStreamAsync(cancellation));
                    return;
                }
                why = await ReasonAsync(answer, cancellation);
                if (answer.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable)) throw new CutoutException(why);
                wait = answer.Headers.RetryAfter?.Delta ?? wait;
            }
            catch (Exception unreachable) when (unreachable is HttpRequestException or HttpIOException)
            {
                why = $"{http.BaseAddress} does not answer: {unreachable.Message}";
            }
            if (time.GetElapsedTime(started) + wait > giveUpAfter) throw new CutoutException(why);
            waiting(why);
            await Task.Delay(wait, time, cancellation);
            wait = TimeSpan.FromTicks(Math.Min(2 * wait.Ticks, LongestWait.Ticks));
        }
    }

    private async Task<HttpResponseMessage> AskAsync(byte[]? image, string? url, CancellationToken cancellation)
    {
        var query = options.ToQuery();
        if (url is not null) query = $"image_url={Uri.EscapeDataString(url)}{(query.Length > 0 ? $"&{query}" : "")}";
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{path}?{query}");
        if (image is not null) request.Content = new ByteArrayContent(image) { Headers = { ContentType = new("application/octet-stream") } };
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
    }

    /// <summary>What the problem says for people.</summary>
    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            var problem = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellation);
            return problem.GetProperty("detail").GetString()!;
        }
        catch (Exception none) when (none is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"The server answers {(int)answer.StatusCode}.";
        }
    }
}

/// <summary>An image has no cutout; the message says why.</summary>
internal sealed class CutoutException(string message) : Exception(message);
