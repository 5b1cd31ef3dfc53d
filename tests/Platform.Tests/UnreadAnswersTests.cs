using System.Globalization;
using System.Net;
using Rembg.Testing;

namespace Rembg.Platform.Tests;

/// <summary>Clients that ask for large answers and read nothing, against a real gateway process: what does it hold for them?</summary>
public sealed class UnreadAnswersTests : IAsyncLifetime
{
    private const int AnswerBytes = 15 << 20, MiB = 1 << 20;
    private FakePod _pod = null!;

    public async Task InitializeAsync()
    {
        _pod = await FakePod.StartAsync();
        _pod.Always = (context, request) => PodScripts.Cutout(request.Image.Length == 100 ? 1000 : AnswerBytes)(context, request);
    }

    public async Task DisposeAsync() => await _pod.DisposeAsync();

    [Fact]
    public async Task OneCachedAnswerToManyWhoDoNotRead_IsHeldOnce()
    {
        const int clients = 40;
        await using var gateway = await StartAsync();
        using var http = new HttpClient { BaseAddress = gateway.Address };
        (await http.PostAsync("/v1/remove-background", new ByteArrayContent(Image(1)))).StatusCode.ShouldBe(HttpStatusCode.OK);
        var before = gateway.PeakResidentBytes;

        var unread = await AskAsync(gateway, Enumerable.Repeat(Image(1), clients));
        using var management = new HttpClient { BaseAddress = gateway.ManagementAddress };
        await Eventually.TrueAsync(async () => (await management.GetStringAsync("/metrics")).Contains($"rembg_gateway_cache_total{{result=\"hit\",tier=\"memory\"}} {clients}", StringComparison.Ordinal), "all are being answered");
        (await http.PostAsync("/v1/remove-background", new ByteArrayContent(Image(1)))).StatusCode.ShouldBe(HttpStatusCode.OK);

        (gateway.PeakResidentBytes - before).ShouldBeLessThan(clients / 4 * (long)AnswerBytes);
        foreach (var client in unread) client.Dispose();
    }

    /// <summary>The bound is the budget and 64 MiB more: an answer that passes alone, and what the runtime and the connections take.</summary>
    [Fact]
    public async Task DistinctAnswersToManyWhoDoNotRead_StayInsideTheBudget_AndTheirMemoryComesBack()
    {
        const int clients = 24, budget = 8 * MiB, warmUps = 400; // what the runtime compiles for the first requests and the first looks at /metrics is no client's memory
        await using var gateway = await StartAsync($"--Uploads:MaxBytesInFlight={budget}", $"--Cache:MaxBytes={MiB}", "--Uploads:ClientShare=1", "--Clients:Anonymous:RatePerSecond=1000000", "--Clients:Anonymous:Burst=1000000", "--Edge:SlowFor=00:00:01.1", "--Edge:MinBytesPerSecond=1000000");
        using var http = new HttpClient { BaseAddress = gateway.Address };
        using var management = new HttpClient { BaseAddress = gateway.ManagementAddress };
        for (var seed = 1; seed <= warmUps; seed++)
        {
            (await http.PostAsync("/v1/remove-background", new ByteArrayContent(Image(seed, 100)))).StatusCode.ShouldBe(HttpStatusCode.OK);
            await management.GetStringAsync("/metrics");
        }
        var before = gateway.ResidentBytes;

        var unread = await AskAsync(gateway, Enumerable.Range(1, clients).Select(seed => Image(seed)));
        await Eventually.TrueAsync(async () => Answered(await management.GetStringAsync("/metrics")) >= clients + warmUps, "all have been cut off", TimeSpan.FromMinutes(2));

        (gateway.PeakResidentBytes - before).ShouldBeLessThan(budget + 64 * MiB);
        await Eventually.TrueAsync(() => gateway.ResidentBytes < before * 1.2, $"the memory is back: from {gateway.ResidentBytes / MiB} to {before / MiB} MiB and at most 20 % more", TimeSpan.FromMinutes(1));
        (await http.PostAsync("/v1/remove-background", new ByteArrayContent(Image(99, 100)))).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var client in unread) client.Dispose();
    }

    /// <summary>Requests that are over, however they ended.</summary>
    private static double Answered(string metrics) => metrics.Split('\n')
        .Where(line => line.StartsWith("rembg_gateway_requests_total{", StringComparison.Ordinal) && line.Contains("/v1/remove-background", StringComparison.Ordinal))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    private Task<ServiceProcess> StartAsync(params string[] settings) => ReadyAsync(ServiceProcess.StartAsync("Rembg.Gateway",
        [$"--Pods:Addresses:0={_pod.Address}", $"--Pods:ManagementAddresses:0={_pod.Address}", .. settings]));

    private static async Task<ServiceProcess> ReadyAsync(Task<ServiceProcess> starting)
    {
        var gateway = await starting;
        await gateway.ReadyAsync();
        return gateway;
    }

    private static Task<RawClient[]> AskAsync(ServiceProcess gateway, IEnumerable<byte[]> images) => Task.WhenAll(images.Select(async image =>
    {
        var client = await RawClient.ConnectAsync(gateway.Address, receiveBuffer: 4096);
        await client.SendAsync($"POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: {image.Length}\r\n\r\n", image);
        return client;
    }));

    private static byte[] Image(int seed, int length = 1000)
    {
        var image = new byte[length];
        new Random(seed).NextBytes(image);
        ((byte[])[0xFF, 0xD8, 0xFF, 0xE0]).CopyTo(image, 0);
        return image;
    }
}
