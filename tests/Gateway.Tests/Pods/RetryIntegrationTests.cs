using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Pods;

/// <summary>Pods that fail, in every way that the contract knows and some that it doesn't.</summary>
public sealed class RetryIntegrationTests : IAsyncLifetime
{
    private FakePod _bad = null!;
    private FakePod _good = null!;

    public async Task InitializeAsync()
    {
        FakePod[] pods = [await FakePod.StartAsync(), await FakePod.StartAsync()];
        Array.Sort(pods, (one, other) => string.CompareOrdinal(one.Address, other.Address));
        (_bad, _good) = (pods[0], pods[1]);
    }

    public async Task DisposeAsync()
    {
        await _bad.DisposeAsync();
        await _good.DisposeAsync();
    }

    /// <summary>Of two equally busy pods, the first by address is taken.</summary>
    private static readonly Action<WebApplicationBuilder> AlwaysTheFirst = builder => builder.Services.AddSingleton<Random>(new Lowest());

    public static TheoryData<string, PodScript> WorthARetry => new()
    {
        { "overloaded", PodScripts.Overloaded() },
        { "overloaded", PodScripts.Overloaded(PodHeaders.Draining) },
        { "connection_lost", PodScripts.Dies() },
        { "connection_lost", PodScripts.DiesMidAnswer() },
        { "invalid_response", PodScripts.InvalidResponse() },
        { "invalid_response", PodScripts.InvalidResponse("text/html") },
        { "invalid_response", PodScripts.Endless() },
        { "invalid_response", PodScripts.NotHttp() },
        { "invalid_response", PodScripts.Refuses(Problem.Internal()) },
    };

    [Theory]
    [MemberData(nameof(WorthARetry))]
    public async Task PodsFault_IsMadeGoodByAnother(string reason, PodScript fault)
    {
        _bad.Always = fault;
        await using var gateway = await GatewayApp.StartAsync([_bad, _good], AlwaysTheFirst, "Pods:MaxAnswerBytes=1000000");

        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await gateway.MetricsAsync()).ShouldContain($"rembg_gateway_upstream_retries_total{{reason=\"{reason}\"}} 1");
        _good.Requests.Single().Sha256.ShouldBe(_bad.Requests.Single().Sha256);
    }

    [Fact]
    public async Task PodThatIsGone_CostsNobodyARequest()
    {
        await using var gateway = await GatewayApp.StartAsync([_bad, _good], "Pods:ProbeEvery=00:05:00");
        await _bad.KillAsync();
        for (var seed = 0; seed < 20; seed++) (await gateway.CutAsync(seed)).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.MetricsAsync()).ShouldContain("rembg_gateway_upstream_retries_total{reason=\"connect_failed\"} 1", Case.Sensitive, "after the first failure it is not asked again");
    }

    [Fact]
    public async Task PodKilledUnderLoad_FailsNoRequest()
    {
        var gate = new TaskCompletionSource();
        _bad.Always = PodScripts.After(new TaskCompletionSource().Task, PodScripts.Cutout());
        _good.Always = PodScripts.After(gate.Task, PodScripts.Cutout());
        await using var gateway = await GatewayApp.StartAsync([_bad, _good]);

        var requests = Enumerable.Range(0, 40).Select(seed => gateway.CutAsync(seed)).ToArray();
        await Eventually.TrueAsync(() => _bad.InFlight + _good.InFlight == 40, "all are at work");
        _bad.InFlight.ShouldBeGreaterThan(10, "the load is spread");
        await _bad.KillAsync();
        gate.SetResult();

        foreach (var request in requests) (await request).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task PodsThatLiveOnButCutEveryAnswer_AreABadGatewayInTheEnd()
    {
        foreach (var pod in new[] { _bad, _good }) pod.Always = PodScripts.DiesMidAnswer();
        await using var gateway = await GatewayApp.StartAsync([_bad, _good]);

        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (_bad.Requests.Count + _good.Requests.Count).ShouldBe(5);
    }

    [Fact]
    public async Task OneCutAnswerOfTheOnlyPod_FailsNobody()
    {
        _bad.Next.Enqueue(PodScripts.DiesMidAnswer());
        await using var gateway = await GatewayApp.StartAsync([_bad], "Pods:EjectionTime=00:10:00");
        for (var seed = 0; seed < 3; seed++) (await gateway.CutAsync(seed)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task OnlyPodDiesUnderARun_WhichWaitsForItToComeBack()
    {
        _bad.Next.Enqueue((_, _) => _bad.KillAsync());
        await using var gateway = await GatewayApp.StartAsync([_bad], "Pods:WaitForPod=00:01:00");
        var request = gateway.CutAsync();
        await gateway.MetricIsAsync("""rembg_gateway_waiting{priority="interactive"} 1""");
        await gateway.MetricIsAsync("""rembg_gateway_pods{state="unhealthy"} 1""");

        await _bad.RestartAsync();

        (await request).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task PodThatIsAwayForTooLong_IsUnavailableWithAWordOnWhenToComeBack()
    {
        await using var gateway = await GatewayApp.StartAsync([_bad], "Pods:WaitForPod=00:00:00.2");
        await _bad.KillAsync();
        var response = await gateway.CutAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        response.Headers.RetryAfter.ShouldNotBeNull();
    }

    /// <summary>A listener whose queue of connections is full drops new ones: they come to nothing until their time is over.</summary>
    [Fact]
    public async Task ConnectionThatTakesTooLong_IsNotTheImagesFault()
    {
        using var deaf = new Socket(SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        deaf.Listen(0);
        using var fill = new CancellationTokenSource();
        var fillers = Enumerable.Range(0, 8).Select(_ => new Socket(SocketType.Stream, ProtocolType.Tcp)).ToArray();
        foreach (var filler in fillers) _ = filler.ConnectAsync(deaf.LocalEndPoint!, fill.Token).AsTask().ContinueWith(done => done.Exception, TaskScheduler.Default);
        await using var gateway = await GatewayApp.StartUnreadyAsync([], null, "Pods:ConnectTimeout=00:00:00.2", "Pods:WaitForPod=00:00:00.2",
            $"Pods:Addresses:0=http://{deaf.LocalEndPoint}", $"Pods:ManagementAddresses:0={_good.Address}", $"Pods:Addresses:1={_good.Address}", $"Pods:ManagementAddresses:1={_good.Address}");
        _good.Always = PodScripts.Overloaded(); // so that the other is asked, too
        await Eventually.TrueAsync(async () => (await gateway.MetricsAsync()).Contains("upstream_retries_total{reason=\"connect_failed\"}", StringComparison.Ordinal)
            || (await gateway.CutAsync()).StatusCode != HttpStatusCode.ServiceUnavailable, "the deaf pod is asked");

        _good.Always = PodScripts.Cutout();
        await Eventually.TrueAsync(async () =>
        {
            var status = (await gateway.CutAsync()).StatusCode;
            status.ShouldNotBe(HttpStatusCode.UnprocessableEntity);
            return status == HttpStatusCode.OK;
        }, "the image is welcome");
        (await gateway.MetricsAsync()).ShouldContain("reason=\"connection_lost\"} 0");
        await fill.CancelAsync();
        foreach (var filler in fillers) filler.Dispose();
    }

    public static TheoryData<PodScript> Nonsense => new(PodScripts.InvalidResponse(), PodScripts.InvalidResponse("text/html"), PodScripts.Endless(), PodScripts.NotHttp(), PodScripts.Refuses(Problem.Internal()));

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task NonsenseOfTheOnlyPod_IsABadGatewayAtOnce(PodScript nonsense)
    {
        _bad.Always = nonsense;
        await using var gateway = await GatewayApp.StartAsync([_bad], "Pods:MaxAnswerBytes=1000000");
        var response = await gateway.CutAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"bad_upstream\"");
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway, "it is neither kept nor the pod taken out");
    }

    [Fact]
    public async Task PodThatTalksNonsense_IsNotWhereAllRunsGo()
    {
        _bad.Always = PodScripts.InvalidResponse();
        await using var gateway = await GatewayApp.StartAsync([_bad, _good], "Pods:EjectionTime=00:10:00", "Pods:RetryBurst=3", "Pods:RetryShare=0");
        for (var seed = 0; seed < 30; seed++) (await gateway.CutAsync(seed)).StatusCode.ShouldBe(HttpStatusCode.OK);
        _bad.Requests.Count.ShouldBe(3, "it looks idle, but is ejected after three invalid responses");
    }

    public static TheoryData<Problem> Refusals => new(Problem.Undecodable("It cannot."), Problem.ResolutionTooHigh("Too many."), Problem.TooManyFrames(1000), Problem.UnsupportedFormat("It is none."));

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task ImagesFault_IsPassedOnAndNotRetried(Problem refusal)
    {
        _bad.Always = _good.Always = PodScripts.Refuses(refusal);
        await using var gateway = await GatewayApp.StartAsync([_bad, _good]);
        var response = await gateway.CutAsync();
        ((int)response.StatusCode).ShouldBe(refusal.Status);
        (await response.Content.ReadAsStringAsync()).ShouldContain($"\"{refusal.Code}\"");
        (_bad.Requests.Count + _good.Requests.Count).ShouldBe(1);
    }

    [Fact]
    public async Task AllPodsFull_IsSaidWithoutAskingThemAgain()
    {
        _bad.Always = _good.Always = PodScripts.Overloaded();
        await using var gateway = await GatewayApp.StartAsync([_bad, _good], "Pods:FullFor=00:01:00", "Pods:WaitForPod=00:00:00.05");

        for (var seed = 0; seed < 10; seed++)
        {
            var response = await gateway.CutAsync(seed);
            response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            response.Headers.RetryAfter.ShouldNotBeNull();
            (await response.Content.ReadAsStringAsync()).ShouldContain("\"overloaded\"");
        }
        (_bad.Requests.Count + _good.Requests.Count).ShouldBe(2);
    }

    [Fact]
    public async Task PodsThatAreFullForTooLong_AreUnavailable()
    {
        _bad.Always = _good.Always = PodScripts.Overloaded();
        await using var gateway = await GatewayApp.StartAsync([_bad, _good], "Pods:FullFor=00:00:00.02", "Pods:WaitForPod=00:00:00.3");
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (_bad.Requests.Count + _good.Requests.Count).ShouldBeGreaterThan(2, "they are asked again in between");
    }

    [Fact]
    public async Task FullPod_IsAskedAgainOnceItsTimeIsOver()
    {
        for (var i = 0; i < 3; i++) _bad.Next.Enqueue(PodScripts.Overloaded());
        await using var gateway = await GatewayApp.StartAsync([_bad], "Pods:FullFor=00:00:00.01");
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        _bad.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task NoPod_IsUnavailable()
    {
        await using var gateway = await GatewayApp.StartAsync([_bad], "Pods:WaitForPod=00:00:00.2");
        (await gateway.CutAsync(seed: 1)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await _bad.KillAsync();
        await gateway.MetricIsAsync("""rembg_gateway_pods{state="unhealthy"} 1""");

        (await gateway.CutAsync(seed: 2)).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await gateway.CutAsync(seed: 1)).Cache().ShouldBe("hit", "what is kept needs no pod");

        await _bad.RestartAsync();
        await Eventually.TrueAsync(async () => (await gateway.CutAsync(seed: 2)).IsSuccessStatusCode, "the pod is back");
    }

    [Fact]
    public async Task ImageThatKillsItsPods_IsQuarantined()
    {
        await using var third = await FakePod.StartAsync();
        foreach (var pod in new[] { _bad, _good, third }) pod.Always = (_, _) => pod.KillAsync();
        await using var gateway = await GatewayApp.StartAsync([_bad, _good, third]);

        var first = await gateway.CutAsync();
        first.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await first.Content.ReadAsStringAsync()).ShouldContain("\"image_quarantined\"");
        (await gateway.CutAsync(query: "?format=webp")).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity, "whatever is asked of it");
        (_bad.Requests.Count + _good.Requests.Count + third.Requests.Count).ShouldBe(2, "the third pod was spared");
    }

    [Fact]
    public async Task NetworkThatCutsEveryAnswer_IsNotTheImagesFault()
    {
        _bad.Always = _good.Always = PodScripts.DiesMidAnswer();
        await using var gateway = await GatewayApp.StartAsync([_bad, _good], "Pods:EjectionTime=00:00:00.05");
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);

        // The image is still welcome.
        _bad.Always = _good.Always = PodScripts.Cutout();
        await Eventually.TrueAsync(async () => (await gateway.CutAsync()).IsSuccessStatusCode, "the pods have rested, and the image is welcome");
    }

    [Fact]
    public async Task Deadline_TravelsToThePodAndEndsTheWait()
    {
        _bad.Always = PodScripts.After(new TaskCompletionSource().Task, PodScripts.Cutout());
        await using var gateway = await GatewayApp.StartAsync([_bad], "Edge:RequestTimeout=00:00:00.5");

        var response = await gateway.CutAsync();
        response.StatusCode.ShouldBe(HttpStatusCode.GatewayTimeout);
        (await response.Content.ReadAsStringAsync()).ShouldContain("\"deadline_exceeded\"");
        int.Parse(_bad.Requests.Single().Headers[PodHeaders.Deadline]!, null).ShouldBeInRange(1, 500);
        await Eventually.TrueAsync(() => _bad.InFlight == 0, "the pod is left alone");
    }

    [Fact]
    public async Task OnlyTheContractsHeaders_ReachAPod()
    {
        await using var gateway = await GatewayApp.StartAsync([_good]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/remove-background") { Content = Images.Raw() };
        foreach (var (name, value) in new[] { ("X-Api-Key", "secret"), ("Cookie", "a=b"), ("X-Forwarded-For", "1.2.3.4"), ("X-Request-Id", "my-id"), ("X-Priority", "background"), ("User-Agent", "me") })
            request.Headers.TryAddWithoutValidation(name, value);
        (await gateway.Client.SendAsync(request)).EnsureSuccessStatusCode();

        var headers = _good.Requests.Single().Headers;
        headers.Keys.Select(name => name.ToLowerInvariant()).Order()
            .ShouldBe(["content-length", "content-type", "host", "traceparent", "x-client", "x-deadline-ms", "x-mask", "x-priority", "x-request-id"]);
        headers[PodHeaders.Priority].ToString().ShouldBe("interactive");
        headers["X-Request-Id"].ToString().ShouldBe("my-id");
    }

    private sealed class Lowest : Random
    {
        public override int Next(int maxValue) => 0;
    }
}
