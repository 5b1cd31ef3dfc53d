using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Gateway.Memory;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Fetching;

public sealed class FetchFairnessIntegrationTests(FetchingGateway shared) : IClassFixture<FetchingGateway>
{
    [Fact]
    public async Task ClientOfSlowHosts_FillsItsOwnPlacesOnly()
    {
        var (greedy, other) = (TestKey.Create("greedy"), TestKey.Create("other"));
        await using var gateway = await shared.StartAsync(
            [.. TestKey.Settings(greedy, other), "Fetching:MaxConcurrentPerClient=2", "Fetching:MaxConcurrent=3", "Fetching:MaxWait=00:00:00.3", "Fetching:Timeout=00:01:00"]);
        var (under, end) = (0, new TaskCompletionSource());
        shared.Origin.Serve("/quick.jpg", Images.Jpeg());
        shared.Origin.Answer("/slow.jpg", async context =>
        {
            await context.Response.Body.WriteAsync(Images.Jpeg());
            await context.Response.Body.FlushAsync();
            Interlocked.Increment(ref under);
            await end.Task.WaitAsync(context.RequestAborted);
        });
        Task<HttpResponseMessage>[] held = [CutAsync(greedy, "/slow.jpg"), CutAsync(greedy, "/slow.jpg")];
        await Eventually.TrueAsync(() => Volatile.Read(ref under) == 2, "two are being fetched");

        using var third = await CutAsync(greedy, "/quick.jpg");
        using var others = await CutAsync(other, "/quick.jpg");

        (await third.ReadProblemAsync()).ShouldBe((429, "rate_limited", "At most 2 of one client's images are fetched at once."));
        others.StatusCode.ShouldBe(HttpStatusCode.OK, await others.Content.ReadAsStringAsync());
        var memory = gateway.Services.GetRequiredService<MemoryBudget>();
        await Eventually.TrueAsync(() => memory.BytesInUse == 2 * BlockPool.BlockBytes, "what has come of the two is charged");
        end.SetResult();
        foreach (var answer in held) (await answer).StatusCode.ShouldBe(HttpStatusCode.OK);

        Task<HttpResponseMessage> CutAsync(TestKey key, string path) => gateway.Client.SendAsync(
            new(HttpMethod.Post, $"/v1/remove-background?image_url=http://{shared.Host}{path}") { Headers = { { "X-Api-Key", key.Text } } });
    }
}
