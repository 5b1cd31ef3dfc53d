using Microsoft.Extensions.Logging;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Http;

/// <summary>Clients that leave in the middle of an answer, over real sockets.</summary>
public sealed class LeavingClientIntegrationTests
{
    [Fact]
    public async Task ClientThatLeavesMidAnswer_IsCountedAs499_AndLoggedAtDebug()
    {
        const int Clients = 8;
        var log = new LogLines();
        await using var pod = await FakePod.StartAsync();
        pod.Always = PodScripts.Cutout(bytes: 12_000_000); // more than sockets and buffers take in
        await using var gateway = await GatewayApp.StartUnreadyAsync([pod], builder => builder.Logging.AddProvider(log).AddFilter("Rembg", LogLevel.Debug), []);
        await Eventually.TrueAsync(async () => (await gateway.Client.GetAsync("/v1/models")).IsSuccessStatusCode, "the gateway knows its pod");

        for (var i = 0; i < Clients; i++)
        {
            using var client = await RawClient.ConnectAsync(gateway.Client.BaseAddress!, receiveBuffer: 4096);
            var image = await Images.Raw(seed: 1).ReadAsByteArrayAsync();
            await client.SendAsync($"POST /v1/remove-background HTTP/1.1\r\nHost: x\r\nContent-Length: {image.Length}\r\n\r\n", image);
            await client.ReadSomeAsync();
        }

        const string Gone = "rembg_gateway_requests_total{code=\"499\",kind=\"cutout\",route=\"/v1/remove-background\"}";
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Contains($"{Gone} {Clients}\n", StringComparison.Ordinal), "they were counted");
        (await gateway.MetricsAsync()).ShouldNotContain("code=\"200\",kind=\"cutout\",route=\"/v1/remove-background\"");
        log.At(LogLevel.Error).ShouldBeEmpty();
        log.At(LogLevel.Debug).Count(line => line.StartsWith("The client left before request", StringComparison.Ordinal)).ShouldBe(Clients);
    }
}
