using System.Net;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Pods;

/// <summary>A gateway that is newer than its pods: the rule is in docs/architecture.md.</summary>
public sealed class VersionSkewIntegrationTests
{
    [Fact]
    public async Task PodThatKnowsNoOptions_ServesWhoAsksForNone()
    {
        await using var pod = await FakePod.StartAsync();
        pod.Always = PodScripts.Older("model");
        await using var gateway = await GatewayApp.StartAsync([pod]);

        (await gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await gateway.CutAsync(query: "?format=png&channels=rgba&size=full")).StatusCode.ShouldBe(HttpStatusCode.OK);
        pod.Requests.ShouldAllBe(request => request.Query == "?model=model-a");
    }

    [Fact]
    public async Task PodThatDoesNotKnowAnOption_RefusesOnlyWhoAsksForIt()
    {
        await using var pod = await FakePod.StartAsync();
        pod.Always = PodScripts.Older("model", "format", "channels", "size", "bg_color");
        await using var gateway = await GatewayApp.StartAsync([pod]);

        (await gateway.CutAsync(query: "?size=hd&bg_color=red")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var refused = await gateway.CutAsync(query: "?post_process_mask=true");
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await refused.Content.ReadAsStringAsync()).ShouldContain("post_process_mask is not a known parameter");
    }
}
