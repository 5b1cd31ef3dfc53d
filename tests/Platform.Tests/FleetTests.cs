using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Rembg.Testing;

namespace Rembg.Platform.Tests;

/// <summary>Several gateways over several pods, all of them processes, on a real Redis where they share something.</summary>
public partial class FleetTests
{
    [Fact]
    public async Task FiftyIdenticalUploadsAtOnce_CostOneRun()
    {
        await using var platform = await Testing.Platform.StartAsync(pods: 2);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => CutAsync(platform.Http, Photos.Rocket)));

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.OK);
        answers.Select(answer => answer.Length).Distinct().ShouldHaveSingleItem();
        var runs = 0;
        foreach (var pod in platform.Pods) runs += await RunsAsync(pod);
        runs.ShouldBe(1);
        answers.Count(answer => answer.Cache == "miss").ShouldBe(1);
    }

    [Fact]
    public async Task PodKilledUnderLoad_FailsNoRequest()
    {
        await using var platform = await Testing.Platform.StartAsync(pods: 3);
        var (next, answered, failures) = (0, 0, new List<string>());
        var killed = platform.Pods[0];
        var half = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var load = Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) <= 300;)
            {
                var (status, _, _) = await CutAsync(platform.Http, Unique(i));
                if (status != HttpStatusCode.OK) lock (failures) failures.Add($"{i}: {status}");
                if (Interlocked.Increment(ref answered) == 100) half.SetResult();
            }
        }));

        await half.Task.WaitAsync(TimeSpan.FromMinutes(2));
        await killed.KillAsync();
        await load;

        failures.ShouldBeEmpty();
        (await RunsAsync(platform.Pods[1]) + await RunsAsync(platform.Pods[2])).ShouldBeGreaterThanOrEqualTo(200, "the others took its share");
    }

    [Fact]
    public async Task KilledPodThatComesBack_GetsWorkAgain()
    {
        await using var platform = await Testing.Platform.StartAsync(pods: 2, gatewayArguments: ["--Pods:ProbeEvery=00:00:00.2", "--Pods:EjectionTime=00:00:00.2"]);
        var (port, management) = (platform.Pods[0].Port, platform.Pods[0].ManagementPort);
        await platform.Pods[0].KillAsync();
        (await CutAsync(platform.Http, Unique(0))).Status.ShouldBe(HttpStatusCode.OK);

        var again = await platform.StartPodAsync(port, management);
        await again.ReadyAsync();

        var i = 1;
        await Eventually.TrueAsync(async () =>
        {
            (await CutAsync(platform.Http, Unique(i++))).Status.ShouldBe(HttpStatusCode.OK);
            return await RunsAsync(again) > 0;
        }, "the pod that came back is asked", TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task HundredCallersOnTwoGateways_GetExactlyTheirBurst()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var platform = await Testing.Platform.StartAsync(gateways: 2, gatewayArguments:
            [$"--ConnectionStrings:Redis={redis.ConnectionString}", "--Clients:Anonymous:RatePerSecond=0.001", "--Clients:Anonymous:Burst=40", "--Clients:RedisTimeoutMilliseconds=10000"]);
        using var other = new HttpClient { BaseAddress = platform.Gateways[1].Address };

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => CutAsync(i % 2 == 0 ? platform.Http : other, Photos.Rocket)));

        answers.Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(40);
        answers.Count(answer => answer.Status == HttpStatusCode.TooManyRequests).ShouldBe(60);
    }

    [Fact]
    public async Task RedisThatComesAndGoes_NeverFailsARequest()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var platform = await Testing.Platform.StartAsync(gateways: 2, gatewayArguments: [$"--ConnectionStrings:Redis={redis.ConnectionString}"]);
        using var other = new HttpClient { BaseAddress = platform.Gateways[1].Address };
        (await CutAsync(platform.Http, Photos.Rocket)).Cache.ShouldBe("miss");
        await Eventually.TrueAsync(async () => (await CutAsync(other, Photos.Rocket)).Cache is "mask" or "hit", "the other gateway finds its mask in Redis");

        var i = 0;
        foreach (var happening in new Func<Task>[]
        {
            () => { redis.Freeze(); return Task.CompletedTask; },
            () => { redis.Thaw(); return Task.CompletedTask; },
            redis.KillAsync,
            redis.RestartAsync,
            async () => await redis.CommandAsync("CONFIG SET maxmemory 1"),
            async () => await redis.CommandAsync("CONFIG SET maxmemory 0"),
        })
        {
            await happening();
            for (var request = 0; request < 5; request++)
            {
                (await CutAsync(platform.Http, Unique(i))).Status.ShouldBe(HttpStatusCode.OK);
                (await CutAsync(other, Unique(i++))).Status.ShouldBe(HttpStatusCode.OK);
            }
        }
    }

    private static async Task<(HttpStatusCode Status, string? Cache, int Length)> CutAsync(HttpClient http, byte[] image)
    {
        using var content = new ByteArrayContent(image);
        using var answer = await http.PostAsync("/v1/remove-background", content);
        var body = await answer.Content.ReadAsByteArrayAsync();
        return (answer.StatusCode, answer.Headers.TryGetValues("X-Cache", out var cache) ? cache.Single() : null, body.Length);
    }

    /// <summary>The same picture with other bytes behind its end: another upload to the cache.</summary>
    private static byte[] Unique(int number) => [.. Photos.Rocket, .. BitConverter.GetBytes(number)];

    /// <summary>Images that the pod's model has run.</summary>
    private static async Task<int> RunsAsync(ServiceProcess pod)
    {
        using var http = new HttpClient { BaseAddress = pod.ManagementAddress };
        return Runs().Match(await http.GetStringAsync("/metrics")) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex("""rembg_inference_batch_size_sum\{model="tiny"\} (\d+)""")]
    private static partial Regex Runs();
}
