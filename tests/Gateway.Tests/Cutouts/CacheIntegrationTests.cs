using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Contract.Problems;
using Rembg.Gateway.Cutouts.Caching;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Tests.Clients;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Cutouts;

public sealed class CacheIntegrationTests : IAsyncLifetime
{
    private FakePod _pod = null!;

    public async Task InitializeAsync() => _pod = await FakePod.StartAsync();

    public async Task DisposeAsync() => await _pod.DisposeAsync();

    [Fact]
    public async Task Hit_IsTheSameAnswer()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);

        using var miss = await gateway.CutAsync();
        using var hit = await gateway.CutAsync();

        hit.Cache().ShouldBe("hit");
        hit.Headers.ETag.ShouldBe(miss.Headers.ETag);
        hit.Headers.GetValues("X-Foreground").ShouldBe(["1 2 3 4"]);
        hit.Headers.GetValues("X-Frames").ShouldBe(["7"]);
        hit.Headers.CacheControl!.Private.ShouldBeTrue();
        hit.Headers.GetValues("Server-Timing").Single().ShouldStartWith("total;dur=");
        (await hit.Content.ReadAsByteArrayAsync()).ShouldBe(await miss.Content.ReadAsByteArrayAsync());
        _pod.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task ClientThatHasTheAnswer_IsToldSo()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        using var first = await gateway.CutAsync();

        using var again = await gateway.CutAsync(headers: ("If-None-Match", $"\"other\", {first.Headers.ETag}"));
        again.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        again.Headers.ETag.ShouldBe(first.Headers.ETag);
        (await again.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();

        using var other = await gateway.CutAsync(seed: 2, headers: ("If-None-Match", first.Headers.ETag!.ToString()));
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task NoStore_NeitherReadsNorKeeps()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        (await gateway.CutAsync(headers: ("Cache-Control", "no-store"))).Cache().ShouldBe("miss");
        (await gateway.CutAsync()).Cache().ShouldBe("miss");
        (await gateway.CutAsync(headers: ("Cache-Control", "no-store"))).Cache().ShouldBe("miss");
        (await gateway.CutAsync()).Cache().ShouldBe("hit");
        _pod.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task NoCache_MakesItAnewAndKeepsIt()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        (await gateway.CutAsync()).Cache().ShouldBe("miss");
        _pod.Always = PodScripts.Cutout(bytes: 2000);
        (await gateway.CutAsync(headers: ("Cache-Control", "no-cache"))).Cache().ShouldBe("miss");
        (await gateway.CutAsync()).Content.Headers.ContentLength.ShouldBe(2000);
    }

    [Fact]
    public async Task FiftyEqualUploadsAtOnce_AreOneRun()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        var gate = new TaskCompletionSource();
        _pod.Always = PodScripts.After(gate.Task, PodScripts.Cutout());

        var first = gateway.CutAsync();
        await Eventually.TrueAsync(() => _pod.InFlight == 1, "the pod works");
        var others = Enumerable.Range(0, 49).Select(_ => gateway.CutAsync()).ToArray();
        gate.SetResult();

        (await first).Cache().ShouldBe("miss");
        foreach (var other in others) (await other).Cache().ShouldBeOneOf("coalesced", "hit");
        _pod.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task FirstCallerHangsUp_TheOthersStillGetTheCutout()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        var gate = new TaskCompletionSource();
        _pod.Always = PodScripts.After(gate.Task, PodScripts.Cutout());
        using var leaving = new CancellationTokenSource();

        var first = gateway.CutAsync(cancellationToken: leaving.Token);
        await Eventually.TrueAsync(() => _pod.InFlight == 1, "the pod works");
        var second = gateway.CutAsync();
        await gateway.HasCallersAsync(2);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        await gateway.HasCallersAsync(1);
        gate.SetResult();

        (await second).Cache().ShouldBe("coalesced");
        _pod.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task OnlyCallerHangsUp_TheRunIsGivenUp()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        _pod.Always = PodScripts.After(new TaskCompletionSource().Task, PodScripts.Cutout());
        using var leaving = new CancellationTokenSource();

        var only = gateway.CutAsync(cancellationToken: leaving.Token);
        await Eventually.TrueAsync(() => _pod.InFlight == 1, "the pod works");
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(only);
        await Eventually.TrueAsync(() => _pod.InFlight == 0, "the pod is left alone");
    }

    [Fact]
    public async Task PodsRefusal_ReachesAllWhoJoinedAndIsNotKept()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        var gate = new TaskCompletionSource();
        _pod.Next.Enqueue(PodScripts.After(gate.Task, PodScripts.Refuses(Problem.Truncated())));

        var first = gateway.CutAsync();
        await Eventually.TrueAsync(() => _pod.InFlight == 1, "the pod works");
        var second = gateway.CutAsync();
        await gateway.HasCallersAsync(2);
        gate.SetResult();

        (await first).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        var body = await (await second).Content.ReadAsStringAsync();
        body.ShouldContain("\"truncated_image\"");
        body.ShouldContain("The file looks cut off");
        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task NewVersion_MissesByItself()
    {
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        var first = (await gateway.CutAsync()).Headers.ETag;
        _pod.Roll("2");
        await Eventually.TrueAsync(async () => (await gateway.CutAsync()).Headers.ETag != first!, "the gateway has noticed");
    }

    [Fact]
    public async Task PodsRolledForwardAndBack_EachAnswerIsThatOfItsVersion()
    {
        // Long enough that the gateway does not learn of the new version while the test runs.
        await using var gateway = await GatewayApp.StartAsync([_pod], "Pods:ProbeEvery=00:05:00");
        using var old = await gateway.CutAsync(seed: 1);

        _pod.Always = PodScripts.Cutout(bytes: 2000, version: "2");
        using var made = await gateway.CutAsync(seed: 2);
        made.Headers.ETag.ShouldNotBeNull();

        // Rolled back before the gateway noticed: what version 2 made is not version 1's answer.
        _pod.Always = PodScripts.Cutout(bytes: 1000, version: "1");
        using var again = await gateway.CutAsync(seed: 2, headers: ("If-None-Match", made.Headers.ETag.ToString()));
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        again.Cache().ShouldBe("miss");
        again.Content.Headers.ContentLength.ShouldBe(1000);
        again.Headers.ETag.ShouldNotBe(made.Headers.ETag);

        using var hit = await gateway.CutAsync(seed: 1);
        hit.Cache().ShouldBe("hit");
        hit.Headers.ETag.ShouldBe(old.Headers.ETag);
    }

    [Fact]
    public async Task TwoVersionsInTheFleet_AreBothFoundUnderTheirOwnTags()
    {
        await using var newer = await FakePod.StartAsync();
        newer.Roll("2");
        await using var gateway = await GatewayApp.StartAsync([_pod, newer]);
        await Eventually.TrueAsync(() => gateway.Services.GetRequiredService<ModelCatalog>().Find(null).Versions.Count == 2, "both versions are known");

        // Whichever pod answers: its answer is found again, under the tag of its version.
        for (var seed = 0; seed < 20; seed++)
        {
            using var made = await gateway.CutAsync(seed);
            using var hit = await gateway.CutAsync(seed);
            hit.Cache().ShouldBe("hit");
            hit.Headers.ETag.ShouldBe(made.Headers.ETag);
            using var known = await gateway.CutAsync(seed, headers: ("If-None-Match", made.Headers.ETag!.ToString()));
            known.StatusCode.ShouldBe(HttpStatusCode.NotModified);
            known.Headers.ETag.ShouldBe(made.Headers.ETag);
        }
    }

    [Fact]
    public async Task PodThatDoesNotSayItsVersion_IsAnsweredFromButNotKeptOrTagged()
    {
        _pod.Always = PodScripts.Cutout(version: null);
        await using var gateway = await GatewayApp.StartAsync([_pod]);
        for (var i = 0; i < 2; i++)
        {
            using var answer = await gateway.CutAsync();
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Cache().ShouldBe("miss");
            answer.Headers.ETag.ShouldBeNull();
        }
    }

    [Fact]
    public async Task SeparateScopes_KeepClientsApart()
    {
        await using var shared = await GatewayApp.StartAsync([_pod], "Edge:TrustedProxies:0=127.0.0.1");
        (await shared.CutAsync(headers: ("X-Forwarded-For", "192.0.2.1"))).Cache().ShouldBe("miss");
        (await shared.CutAsync(headers: ("X-Forwarded-For", "192.0.2.2"))).Cache().ShouldBe("hit");

        await using var apart = await GatewayApp.StartAsync([_pod], "Edge:TrustedProxies:0=127.0.0.1", "Cache:Scope=PerClient");
        (await apart.CutAsync(headers: ("X-Forwarded-For", "192.0.2.1"))).Cache().ShouldBe("miss");
        (await apart.CutAsync(headers: ("X-Forwarded-For", "192.0.2.2"))).Cache().ShouldBe("miss");
        (await apart.CutAsync(headers: ("X-Forwarded-For", "192.0.2.1"))).Cache().ShouldBe("hit");
    }

    [Theory]
    [InlineData("", "miss")]
    [InlineData("Cache:Scope=Shared", "hit")]
    public async Task KeysOn_ClientsAreApartUnlessConfiguredOtherwise(string setting, string other)
    {
        TestKey shop = TestKey.Create("shop"), rival = TestKey.Create("rival");
        await using var gateway = await GatewayApp.StartAsync([_pod], [.. TestKey.Settings(shop, rival), .. setting.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        (await gateway.CutAsync(headers: ("X-Api-Key", shop.Text))).Cache().ShouldBe("miss");
        (await gateway.CutAsync(headers: ("X-Api-Key", rival.Text))).Cache().ShouldBe(other);
        (await gateway.CutAsync(headers: ("X-Api-Key", shop.Text))).Cache().ShouldBe("hit");
    }

    [Fact]
    public async Task Memory_IsBoundedInBytes()
    {
        _pod.Always = PodScripts.Cutout(bytes: 100_000);
        await using var gateway = await GatewayApp.StartAsync([_pod], "Cache:MaxBytes=1048576");
        for (var seed = 0; seed < 40; seed++) (await gateway.CutAsync(seed)).Cache().ShouldBe("miss");

        gateway.Services.GetRequiredService<CutoutCache>().Count.ShouldBeInRange(1, 10);
    }

    [Fact]
    public async Task AnswerLargerThanAnEntryMayBe_IsGivenButNotKept()
    {
        _pod.Always = PodScripts.Cutout(bytes: 100_000);
        await using var gateway = await GatewayApp.StartAsync([_pod], "Cache:MaxEntryBytes=50000");
        (await gateway.CutAsync()).Cache().ShouldBe("miss");
        (await gateway.CutAsync()).Cache().ShouldBe("mask");
        _pod.Requests.Count.ShouldBe(2);
    }
}
