using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Contract.Problems;
using Rembg.Gateway.Pods;
using Rembg.Gateway.Tests.Tasks;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Cutouts;

/// <summary>One model run for all pictures of an image.</summary>
public sealed class MaskIntegrationTests : OnePodTests
{
    private static readonly string[] TenFormats =
    [
        "", "?format=webp", "?format=jpg", "?format=zip", "?channels=alpha", "?size=preview", "?bg_color=white", "?crop=true", "?shadow=drop", "?post_process_mask=true",
    ];

    private int ModelRuns => Pod.Requests.Count(request => request.Mask.Length == 0);

    [Fact]
    public async Task OtherPicturesOfAPhoto_AreDrawnWithItsMask()
    {
        (await Gateway.CutAsync()).Cache().ShouldBe("miss");
        Pod.Requests.Single().Headers["X-Mask"].ToString().ShouldBe("beside");

        foreach (var format in TenFormats[1..])
        {
            using var drawn = await Gateway.CutAsync(query: format);
            drawn.Cache().ShouldBe("mask", format);
            drawn.Headers.GetValues("Server-Timing").Single().ShouldMatch(@"^(queue;dur=[\d.]+, )?mask;dur=2.0, encode;dur=[\d.]+, total;dur=[\d.]+$");
            (await drawn.Content.ReadAsByteArrayAsync()).Length.ShouldBe(1000, "the mask is not part of the picture");
            var asked = Pod.Requests.Last();
            asked.Image.ShouldBe(Images.Jpeg());
            asked.Mask.ShouldBe(PodScripts.Mask(Images.Jpeg()));
            asked.Headers.ContainsKey("X-Mask").ShouldBeFalse();
        }
        ModelRuns.ShouldBe(1);
        await Gateway.MetricIsAsync("rembg_gateway_model_runs_saved_total 9");
        (await Gateway.CutAsync()).Cache().ShouldBe("hit");
    }

    [Fact]
    public async Task FiftyClientsTenFormatsAtOnce_AreOneModelRun()
    {
        var gate = new TaskCompletionSource();
        Pod.Next.Enqueue(PodScripts.After(gate.Task, PodScripts.Cutout()));
        var answers = Enumerable.Range(0, 50).Select(i => Gateway.CutAsync(query: TenFormats[i % 10])).ToArray();
        await Gateway.HasCallersAsync(50);
        await Eventually.TrueAsync(() => Pod.InFlight == 1, "the pod works");
        Pod.Requests.Count.ShouldBe(1);
        gate.SetResult();

        var kinds = (await Task.WhenAll(answers)).Select(answer => answer.Cache()).ToArray();
        kinds.Count(kind => kind == "miss").ShouldBe(1);
        kinds.Count(kind => kind == "mask").ShouldBe(9);
        ModelRuns.ShouldBe(1);
        Pod.Requests.Count.ShouldBe(10);
    }

    [Fact]
    public async Task WhoeverCausedTheRunHangsUp_TheOthersStillGetItsMask()
    {
        var gate = new TaskCompletionSource();
        Pod.Next.Enqueue(PodScripts.After(gate.Task, PodScripts.Cutout()));
        using var leaving = new CancellationTokenSource();
        var first = Gateway.CutAsync(cancellationToken: leaving.Token);
        await Eventually.TrueAsync(() => Pod.InFlight == 1, "the pod works");
        var other = Gateway.CutAsync(query: "?format=webp");
        await Gateway.HasCallersAsync(2);

        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(first);
        await Gateway.HasCallersAsync(1);
        gate.SetResult();

        (await other).Cache().ShouldBe("mask");
        ModelRuns.ShouldBe(1);
    }

    [Fact]
    public async Task RunThatFailsForItsFormat_DoesNotFailTheOthers()
    {
        var gate = new TaskCompletionSource();
        Pod.Next.Enqueue(PodScripts.After(gate.Task, PodScripts.Refuses(Problem.ResolutionTooHigh("As WebP it takes too much memory."))));
        var first = Gateway.CutAsync(query: "?format=webp");
        await Eventually.TrueAsync(() => Pod.InFlight == 1, "the pod works");
        var other = Gateway.CutAsync();
        await Gateway.HasCallersAsync(2);
        gate.SetResult();

        (await first).StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        (await other).Cache().ShouldBe("miss");
    }

    [Fact]
    public async Task WhatTheModelSees_DecidesTheMask()
    {
        await Gateway.CutAsync();
        (await Gateway.CutAsync(query: "?roi=0px+0px+10px+10px")).Cache().ShouldBe("miss");
        (await Gateway.CutAsync(query: "?roi=0px+0px+10px+10px&format=webp")).Cache().ShouldBe("mask");
        (await Gateway.CutAsync(query: "?model=model-b")).Cache().ShouldBe("miss");
        (await Gateway.CutAsync(query: "?model=model-a&format=jpg")).Cache().ShouldBe("mask");
        (await Gateway.CutAsync(seed: 2, query: "?format=jpg")).Cache().ShouldBe("miss");
    }

    [Fact]
    public async Task NoStore_NeitherReadsNorKeepsTheMask()
    {
        (await Gateway.CutAsync(headers: ("Cache-Control", "no-store"))).Cache().ShouldBe("miss");
        (await Gateway.CutAsync(query: "?format=webp")).Cache().ShouldBe("miss");
        (await Gateway.CutAsync(query: "?format=jpg", headers: ("Cache-Control", "no-store"))).Cache().ShouldBe("miss");
        (await Gateway.CutAsync(query: "?format=jpg")).Cache().ShouldBe("mask");
    }

    [Fact]
    public async Task NoCache_RunsTheModelAndKeepsItsMask()
    {
        await Gateway.CutAsync();
        (await Gateway.CutAsync(query: "?format=webp", headers: ("Cache-Control", "no-cache"))).Cache().ShouldBe("miss");
        (await Gateway.CutAsync(query: "?format=jpg")).Cache().ShouldBe("mask");
        ModelRuns.ShouldBe(2);
    }

    [Fact]
    public async Task SeparateScopes_KeepMasksApart()
    {
        await using var apart = await GatewayApp.StartAsync([Pod], "Edge:TrustedProxies:0=127.0.0.1", "Cache:Scope=PerClient");
        (await apart.CutAsync(headers: ("X-Forwarded-For", "192.0.2.1"))).Cache().ShouldBe("miss");
        (await apart.CutAsync(query: "?format=webp", headers: ("X-Forwarded-For", "192.0.2.2"))).Cache().ShouldBe("miss");
        (await apart.CutAsync(query: "?format=webp", headers: ("X-Forwarded-For", "192.0.2.1"))).Cache().ShouldBe("mask");
    }

    [Fact]
    public async Task RolledWeights_NeverMeetOldMasks()
    {
        await Gateway.CutAsync();
        Pod.Roll("2");
        await Eventually.TrueAsync(async () => (await Gateway.CutAsync()).Cache() == "miss", "the gateway has noticed");

        (await Gateway.CutAsync(query: "?format=webp")).Cache().ShouldBe("mask");
        ModelRuns.ShouldBe(2);
    }

    [Fact]
    public async Task PodThatHasAnotherVersion_IsNotGivenTheMask()
    {
        await using var newer = await FakePod.StartAsync();
        newer.Roll("2");
        await using var gateway = await GatewayApp.StartAsync([Pod, newer]);
        await Eventually.TrueAsync(() => gateway.Services.GetRequiredService<ModelCatalog>().Find(null).MaskVersions.Count == 2, "both versions are known");

        foreach (var format in TenFormats)
            for (var seed = 1; seed <= 10; seed++) (await gateway.CutAsync(seed, query: format)).StatusCode.ShouldBe(HttpStatusCode.OK);

        foreach (var (pod, version) in new[] { (Pod, "1"), (newer, "2") })
        {
            pod.Requests.ShouldContain(request => request.Mask.Length > 0);
            pod.Requests.Where(request => request.Mask.Length > 0).ShouldAllBe(request => request.Mask.SequenceEqual(PodScripts.Mask(request.Image, version)));
        }
    }

    [Fact]
    public async Task PodThatRefusesTheMask_RunsItsModel()
    {
        await Gateway.CutAsync();
        Pod.Next.Enqueue(PodScripts.Refuses(Problem.InvalidMask()));

        (await Gateway.CutAsync(query: "?format=webp")).Cache().ShouldBe("miss");
        Pod.Requests.Select(request => request.Mask.Length > 0).ShouldBe([false, true, false]);
        (await Gateway.CutAsync(query: "?format=jpg")).Cache().ShouldBe("mask");
    }

    [Fact]
    public async Task PodThatIsOlderThanMasks_IsServedAsBefore()
    {
        Pod.Models = Pod.Models with { Models = [.. Pod.Models.Models.Select(model => model with { MaskVersion = null })] };
        Pod.Always = PodScripts.Older("model", "format");
        await using var gateway = await GatewayApp.StartAsync([Pod]);
        (await gateway.CutAsync()).Cache().ShouldBe("miss");
        (await gateway.CutAsync(query: "?format=webp")).Cache().ShouldBe("miss");
        Pod.Requests.ShouldAllBe(request => request.Mask.Length == 0);
    }

    [Fact]
    public async Task EveryApi_DrawsWithTheMask()
    {
        await Gateway.CutAsync();

        using var rembg = await Gateway.Client.PostAsync("/api/remove", Images.Form("file", fields: ("om", "true")));
        using var removeBg = await Gateway.Client.PostAsync("/v1.0/removebg", Images.Form("image_file", fields: ("format", "jpg")));
        using var photoroom = await Gateway.Client.PostAsync("/v1/segment", Images.Form("image_file", fields: ("format", "webp")));
        using var posted = await Gateway.Client.PostAsync("/v1/tasks?format=zip", Images.Raw());
        var task = await Gateway.Client.EndOfAsync((await posted.ReadTaskAsync()).Id);

        foreach (var answer in (HttpResponseMessage[])[rembg, removeBg, photoroom]) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        task.Status.ShouldBe("succeeded");
        Pod.Requests.Select(request => request.Mask.Length > 0).ShouldBe([false, true, true, true, true]);
    }
}
