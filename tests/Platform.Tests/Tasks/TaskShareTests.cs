using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Tasks;

/// <summary>
/// One address floods the queue with small tasks that share one large cached cutout, and deletes nothing. Before there were shares,
/// 156 of them closed the queue for everybody for an hour (issue 15).
/// </summary>
[Collection(nameof(TaskApi))]
public sealed class TaskShareTests(ITestOutputHelper output)
{
    private const int Flood = 156;
    private const int CutoutBytes = 4 << 20;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AddressThatFloodsTheQueue_Is429_AnotherAddressHasAllOfItsTasks(bool onRedis)
    {
        await using var redis = onRedis ? await RedisServer.StartAsync() : null;
        await using var pod = await FakePod.StartAsync();
        pod.Always = PodScripts.Cutout(CutoutBytes);
        await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            $"--Pods:Addresses:0={pod.Address}", $"--Pods:ManagementAddresses:0={pod.Address}", "--Tasks:MaxResultBytes=134217728",
            .. redis is null ? Array.Empty<string>() : [$"--ConnectionStrings:Redis={redis.ConnectionString}"],
        ]);
        await gateway.ReadyAsync();
        using var hostile = From("127.0.0.2", gateway);
        using var innocent = From("127.0.0.3", gateway);

        // 1. Both at once: a flood, and ten tasks of which each is fetched.
        var image = TaskApi.Picture(0);
        var flood = Task.WhenAll(Enumerable.Range(0, Flood).Select(_ => PostAsync(hostile, image)));
        for (var i = 1; i <= 10; i++) await SucceedsAsync(i);

        // 2. The flood has its share and no more, and is told so.
        var statuses = (await flood).CountBy(answer => answer).ToDictionary();
        foreach (var (status, count) in statuses) output.WriteLine($"{status}: {count}");
        statuses.Keys.ShouldBeSubsetOf(["accepted", "task_share_exceeded"]);
        await Eventually.TrueAsync(async () => await PostAsync(hostile, image) == "task_share_exceeded", "its results are its share");

        // 3. The other one goes on.
        await SucceedsAsync(11);

        async Task SucceedsAsync(int number)
        {
            using var accepted = await innocent.PostAsync("/v1/tasks", new ByteArrayContent(TaskApi.Picture(number)));
            accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            var id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
            using var result = await innocent.GetAsync($"/v1/tasks/{id}/result?wait=30s");
            result.StatusCode.ShouldBe(HttpStatusCode.OK);
            (await result.Content.ReadAsByteArrayAsync()).Length.ShouldBe(CutoutBytes);
            (await innocent.DeleteAsync($"/v1/tasks/{id}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    private static async Task<string> PostAsync(HttpClient client, byte[] image)
    {
        using var answer = await client.PostAsync("/v1/tasks", new ByteArrayContent(image));
        return answer.StatusCode == HttpStatusCode.Accepted ? "accepted" : (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString()!;
    }

    private static HttpClient From(string address, ServiceProcess gateway) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancelled) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(IPAddress.Parse(address), 0));
            await socket.ConnectAsync(IPAddress.Loopback, gateway.Port, cancelled);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = gateway.Address };
}
