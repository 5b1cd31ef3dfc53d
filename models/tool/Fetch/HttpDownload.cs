using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;

namespace Rembg.Models.Fetch;

/// <summary>A file by HTTP, going on where an earlier try broke off.</summary>
public static class HttpDownload
{
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(60);

    /// <summary>Completes <paramref name="part"/>; what is fetched stays there when this fails, for the next try.</summary>
    /// <exception cref="ModelException">The source cannot be reached, refuses, or stops sending.</exception>
    public static async Task ToAsync(string part, Uri url, Progress progress, CancellationToken cancellationToken)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            stalled.CancelAfter(Stall);
            using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            if (new FileInfo(part) is { Exists: true, Length: > 0 and var fetched }) request.Headers.Range = new RangeHeaderValue(fetched, null);
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stalled.Token);
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) return; // nothing left to fetch: the checksum tells
            response.EnsureSuccessStatusCode();

            var goesOn = response.StatusCode == HttpStatusCode.PartialContent;
            await using var file = new FileStream(part, goesOn ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            var total = file.Length + (response.Content.Headers.ContentLength ?? 0);
            await using var body = await response.Content.ReadAsStreamAsync(stalled.Token);
            var buffer = new byte[1 << 17];
            int read;
            while ((read = await body.ReadAsync(buffer, stalled.Token)) > 0)
            {
                await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                progress.Report(url.Host, file.Position, total);
                stalled.CancelAfter(Stall);
            }
            file.Flush(flushToDisk: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ModelException($"nothing came for {Stall.TotalSeconds} seconds");
        }
        catch (Exception e) when (e is HttpRequestException or HttpIOException or SocketException or IOException { InnerException: SocketException })
        {
            throw new ModelException(e.Message.TrimEnd('.'));
        }
    }
}
