using System.Diagnostics;
using Rembg.Testing;
using Xunit.Abstractions;

namespace Rembg.Platform.Tests.Tasks;

/// <summary>Two hundred clients at once, each with a photograph of about 1.2 MB.</summary>
[Collection(nameof(TaskApi))]
public sealed class FloodTests(ITestOutputHelper output)
{
    private const int Clients = 200;
    private const int Bytes = 1_200_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task TwoHundredClientsAtOnce_AreAllAcceptedAndAllSucceed(bool onRedis)
    {
        await using var redis = onRedis ? await RedisServer.StartAsync(appendOnly: true) : null;
        await using var pod = await FakePod.StartAsync();
        await using var gateway = await ServiceProcess.StartAsync("Rembg.Gateway",
        [
            $"--Pods:Addresses:0={pod.Address}", $"--Pods:ManagementAddresses:0={pod.Address}", "--Pods:ProbeEvery=00:00:00.2",
            "--Edge:MinBytesPerSecond=1", "--Uploads:Timeout=00:05:00", // client and server share this machine with others
            .. redis is null ? Array.Empty<string>() : [$"--ConnectionStrings:Redis={redis.ConnectionString}"],
        ]);
        await gateway.ReadyAsync();
        using var api = new TaskApi(gateway.Address);
        var images = Enumerable.Range(0, Clients).Select(i => (byte[])[.. TaskApi.Picture(i), .. new byte[Bytes]]).ToArray();

        var ids = new string[Clients];
        var times = new double[Clients];
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(i => Task.Run(async () =>
        {
            var watch = Stopwatch.StartNew();
            ids[i] = await api.PostAsync(images[i]);
            times[i] = watch.Elapsed.TotalMilliseconds;
        })));
        foreach (var id in ids) TaskApi.Status(await api.EndOfAsync(id)).ShouldBe("succeeded");

        // The queue holds 240 MB of uploads in memory, none of them on Redis; beside it the gateway needs what 200 requests in flight may.
        output.WriteLine($"accepted p50 {times.Order().ElementAt(Clients / 2):F0} ms, peak {gateway.PeakResidentBytes >> 20} MiB");
        gateway.PeakResidentBytes.ShouldBeLessThan(1L << 30);
    }
}
