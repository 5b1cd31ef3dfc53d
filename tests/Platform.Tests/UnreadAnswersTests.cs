using System.Net;
using Rembg.Testing;

namespace Rembg.Platform.Tests;

/// <summary>Clients that ask for large answers and read nothing, against a real gateway process: what does it hold for them?</summary>
public class UnreadAnswersTests
{
    private const int Clients = 40, AnswerBytes = 15 << 20;
    private static readonly byte[] Image = [0xFF, 0xD8, 0xFF, 0xE0, .. new byte[96]];

    [Fact]
    public async Task OneCachedAnswerToManyWhoDoNotRead_IsHeldOnce()
    {
        await using var pod = await FakePod.StartAsync();
        pod.Always = PodScripts.Cutout(AnswerBytes);
        await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
            [$"--Pods:Addresses:0={pod.Address}", $"--Pods:ManagementAddresses:0={pod.Address}", $"--Uploads:MaxBytesInFlight={2L << 30}"]);
        await gateway.ReadyAsync();
        using var http = new HttpClient { BaseAddress = gateway.Address };
        (await http.PostAsync("/v1/remove-background", new ByteArrayContent(Image))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var before = gateway.PeakResidentBytes;

        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            var client = await RawClient.ConnectAsync(gateway.Address, receiveBuffer: 4096);
            await client.SendAsync($"POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: {Image.Length}\r\n\r\n", Image);
            return client;
        }));
        using var management = new HttpClient { BaseAddress = gateway.ManagementAddress };
        await Eventually.TrueAsync(async () => (await management.GetStringAsync("/metrics")).Contains($"rembg_gateway_cache_total{{result=\"hit\",tier=\"memory\"}} {Clients}", StringComparison.Ordinal), "all are being answered");
        (await http.PostAsync("/v1/remove-background", new ByteArrayContent(Image))).StatusCode.ShouldBe(HttpStatusCode.OK);

        (gateway.PeakResidentBytes - before).ShouldBeLessThan(Clients / 4 * (long)AnswerBytes);
        foreach (var client in clients) client.Dispose();
    }
}
