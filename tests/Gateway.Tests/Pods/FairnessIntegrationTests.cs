using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Rembg.Contract;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Pods;

/// <summary>Two clients, one of whom sends far more than the pods can do.</summary>
public sealed class FairnessIntegrationTests : IAsyncLifetime
{
    private readonly SemaphoreSlim _runs = new(0);
    private readonly ConcurrentQueue<PodRequest> _done = [];
    private FakePod _pod = null!;

    public async Task InitializeAsync()
    {
        _pod = await FakePod.StartAsync();
        _pod.Models = _pod.Models with { Models = [_pod.Models.Models[0] with { BatchSizes = [1] }] };
        _pod.Always = async (context, request) =>
        {
            await _runs.WaitAsync(context.RequestAborted);
            _done.Enqueue(request);
            await PodScripts.Cutout(infer: 1)(context, request); // as long as it waited: the pod is busy and not too busy
        };
    }

    public async Task DisposeAsync()
    {
        _runs.Release(10_000);
        await _pod.DisposeAsync();
        _runs.Dispose();
    }

    [Fact]
    public async Task ClientBesideOneWhoFillsThePods_GoesToThePodAtOnce()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        var flood = Enumerable.Range(0, 250).Select(seed => gateway.CutAsync(seed)).ToArray();
        await gateway.MetricIsAsync("""rembg_gateway_waiting{priority="interactive"} 248""");
        using var innocent = Innocent(gateway);

        for (var i = 0; i < 10; i++)
        {
            var before = _done.Count;
            var request = PostAsync(innocent, i);
            await Eventually.TrueAsync(() => _pod.Requests.Any(run => run.Headers["X-Request-Id"] == $"innocent-{i}"), "it has the place that is kept for such as it");
            _pod.Requests.Single(run => run.Headers["X-Request-Id"] == $"innocent-{i}").Headers[PodHeaders.Client].ToString().ShouldBe(PodHeaders.Light, "and the pod serves it next");
            while (!_done.Any(run => run.Headers["X-Request-Id"] == $"innocent-{i}"))
            {
                var done = _done.Count;
                _runs.Release();
                await Eventually.TrueAsync(() => _done.Count > done, "one run ends");
            }
            (_done.Count - before).ShouldBeLessThanOrEqualTo(3, "this pod knows no order: the two that it held go first");
            (await request).StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        _runs.Release(1000);
        foreach (var answer in await Task.WhenAll(flood)) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task ClientWithTooManyWaiting_IsToldSo_AndTheOtherIsNot()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Pods:MaxWaitingPerClient=5");
        var flood = Enumerable.Range(0, 7).Select(seed => gateway.CutAsync(seed)).ToArray();
        await gateway.MetricIsAsync("""rembg_gateway_waiting{priority="interactive"} 5""");

        var refused = await gateway.CutAsync(seed: 100);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter.ShouldNotBeNull();

        using var innocent = Innocent(gateway);
        var request = innocent.PostAsync("/v1/remove-background", Images.Raw(101));
        _runs.Release(1000);
        (await request).StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var answer in await Task.WhenAll(flood)) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task FullQueue_IsUnavailable()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod], "Pods:MaxWaiting=5");
        var flood = Enumerable.Range(0, 7).Select(seed => gateway.CutAsync(seed)).ToArray();
        await gateway.MetricIsAsync("""rembg_gateway_waiting{priority="interactive"} 5""");

        var refused = await gateway.CutAsync(seed: 100);
        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        _runs.Release(1000);
        await Task.WhenAll(flood);
    }

    [Fact]
    public async Task WaitThatIsOverWithItsClient_LeavesNothingBehind()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        var two = new[] { gateway.CutAsync(1), gateway.CutAsync(2) };
        await Eventually.TrueAsync(() => _pod.InFlight == 2, "the pod has what it may hold");
        using var leaves = new CancellationTokenSource();
        var gone = gateway.CutAsync(3, cancellationToken: leaves.Token);
        await gateway.MetricIsAsync("""rembg_gateway_waiting{priority="interactive"} 1""");

        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(gone);
        await gateway.MetricIsAsync("""rembg_gateway_waiting{priority="interactive"} 0""");

        _runs.Release(1000);
        await Task.WhenAll(two);
        (await gateway.CutAsync(4)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _pod.Requests.Count.ShouldBe(3);
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient innocent, int number)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/remove-background") { Content = Images.Raw(1000 + number) };
        request.Headers.Add("X-Request-Id", $"innocent-{number}");
        return await innocent.SendAsync(request);
    }

    /// <summary>A client of the same gateway with an address of its own.</summary>
    private static HttpClient Innocent(GatewayApp gateway) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
    })
    { BaseAddress = gateway.Client.BaseAddress };
}
