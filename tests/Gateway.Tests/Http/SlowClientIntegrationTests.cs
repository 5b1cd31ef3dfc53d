using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Gateway.Memory;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Http;

/// <summary>Clients that take their time, to keep others from theirs.</summary>
[Trait("Category", "Slow")]
public sealed class SlowClientIntegrationTests() : OnePodTests(
    "Edge:HeadersTimeout=00:00:01", "Edge:SlowFor=00:00:01.1", "Edge:MinBytesPerSecond=10000000",
    "Uploads:ClientShare=1", "Clients:Anonymous:RatePerSecond=1000000", "Clients:Anonymous:Burst=1000000")
{
    private const int Clients = 30;

    [Fact]
    public async Task HeadersThatNeverEnd_AreCutOffWith408_OthersAreServedMeanwhile()
    {
        var attack = Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = await RawClient.ConnectAsync(Gateway.Client.BaseAddress!);
            await client.SendAsync("POST /v1/remove-background HTTP/1.1\r\nHost: x\r\n");
            return await client.DripAsync("X-More: of it\r\n", TimeSpan.FromMilliseconds(100));
        }));

        await ServesAsync(until: attack);

        (await attack).ShouldAllBe(answer => answer.StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
        await ConnectionsAreGoneAsync();
    }

    [Fact]
    public async Task BodyThatTrickles_IsCutOffWith408_OthersAreServedMeanwhile()
    {
        var attack = Task.WhenAll(Enumerable.Range(0, Clients).Select(async _ =>
        {
            using var client = await RawClient.ConnectAsync(Gateway.Client.BaseAddress!);
            await client.SendAsync("POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
            return await client.DripAsync("x", TimeSpan.FromMilliseconds(100));
        }));

        await ServesAsync(until: attack);

        (await attack).ShouldAllBe(answer => answer.StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
        await ConnectionsAreGoneAsync();
    }

    [Fact]
    public async Task AnswersNeverRead_AreCutOffAndGiveTheirMemoryBack_OthersAreServedMeanwhile()
    {
        const int bytes = 20 << 20;
        Pod.Always = async (context, request) => await PodScripts.Cutout(request.Image.Length == 100 ? bytes : 1000)(context, request);
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients / 3).Select(async _ =>
        {
            var client = await RawClient.ConnectAsync(Gateway.Client.BaseAddress!, receiveBuffer: 4096);
            await client.SendAsync("POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n", Images.Jpeg(100));
            return client;
        }));
        await Eventually.TrueAsync(() => Memory.BytesInUse >= bytes, "an answer is on its way");

        await ServesAsync(until: Eventually.TrueAsync(() => Memory.BytesInUse == 0, "the memory is given back"));

        await ConnectionsAreGoneAsync();
        foreach (var client in clients)
        {
            (await client.ReadToEndAsync()).Length.ShouldBeLessThan(bytes, "the connection was broken in the middle of the answer");
            client.Dispose();
        }
    }

    private MemoryBudget Memory => Gateway.Services.GetRequiredService<MemoryBudget>();

    private async Task ServesAsync(Task until)
    {
        var served = 0;
        for (; !until.IsCompleted || served == 0; served++) (await Gateway.CutAsync(seed: served + 100)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await until;
    }

    /// <summary>None but those that ask.</summary>
    private Task ConnectionsAreGoneAsync() => Eventually.TrueAsync(
        async () => (await Gateway.MetricsAsync()).Split('\n').Where(line => line.Contains("kestrel_active_connections{", StringComparison.Ordinal))
            .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)) <= 8, "their connections are gone");
}
