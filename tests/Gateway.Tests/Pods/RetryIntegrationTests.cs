using System.Net;
using Rembg.Contract;
using Rembg.Contract.Problems;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Pods;

/// <summary>Pods that fail, in every way that the contract knows and some that it doesn't.</summary>
public sealed class RetryIntegrationTests : IAsyncLifetime
{
    private FakePod _bad = null!;
    private FakePod _good = null!;

    public async Task InitializeAsync() => (_bad, _good) = (await FakePod.StartAsync(), await FakePod.StartAsync());

    public async Task DisposeAsync()
    {
        await _bad.DisposeAsync();
        await _good.DisposeAsync();
    }

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
        await using var gateway = await GatewayApp.StartAsync([_bad, _good], "Pods:MaxAnswerBytes=1000000");

        // Which pod is asked first is chance: go on until the bad one was.
        for (var seed = 0; _bad.Requests.IsEmpty; seed++) (await gateway.CutAsync(seed)).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await gateway.MetricsAsync()).ShouldContain($"rembg_gateway_upstream_retries_total{{reason=\"{reason}\"}} 1");
        _good.Requests.Select(run => run.Sha256).ShouldContain(_bad.Requests.First().Sha256);
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
    public async Task BothPodsDie_IsABadGatewayAndNotTriedAThirdTime()
    {
        await using var third = await FakePod.StartAsync();
        foreach (var pod in new[] { _bad, _good, third }) pod.Always = PodScripts.DiesMidAnswer();
        await using var gateway = await GatewayApp.StartAsync([_bad, _good, third]);

        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (_bad.Requests.Count + _good.Requests.Count + third.Requests.Count).ShouldBe(2);
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
        _bad.Requests.Count.ShouldBe(3, "it looks idle, but after some answers it rests");
    }

    public static TheoryData<Problem> Refusals => new(Problem.Undecodable("It cannot."), Problem.ResolutionTooHigh("Too many."), Problem.TooManyFrames(1000), Problem.UnsupportedFormat());

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
        await using var gateway = await GatewayApp.StartAsync([_bad, _good], "Pods:FullFor=00:01:00");

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
    public async Task FullPod_IsAskedAgainOnceItsTimeIsOver()
    {
        _bad.Next.Enqueue(PodScripts.Overloaded());
        await using var gateway = await GatewayApp.StartAsync([_bad], "Pods:FullFor=00:00:00.01");
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        await Eventually.TrueAsync(async () => (await gateway.CutAsync()).IsSuccessStatusCode, "the pod is asked again");
    }

    [Fact]
    public async Task NoPod_IsUnavailable()
    {
        await using var gateway = await GatewayApp.StartAsync([_bad]);
        (await gateway.CutAsync(seed: 1)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await _bad.KillAsync();
        await Eventually.TrueAsync(async () => !(await gateway.Management.GetAsync("/readyz")).IsSuccessStatusCode, "the gateway is not ready");

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
            .ShouldBe(["content-length", "content-type", "host", "traceparent", "x-deadline-ms", "x-priority", "x-request-id"]);
        headers[PodHeaders.Priority].ToString().ShouldBe("interactive");
        headers["X-Request-Id"].ToString().ShouldBe("my-id");
    }
}
