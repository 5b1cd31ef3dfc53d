using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Rembg.Contract.Models;
using Rembg.Gateway.Pods;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Pods;

/// <summary>Pods with a model make masks, pods that only draw make the pictures.</summary>
public sealed class DrawingPodIntegrationTests : IAsyncLifetime
{
    private FakePod _inference = null!, _drawing = null!;
    private GatewayApp _gateway = null!;

    public async Task InitializeAsync()
    {
        (_inference, _drawing) = (await FakePod.StartAsync(), await FakePod.StartAsync());
        _drawing.Models = _drawing.Models with { Models = [.. _drawing.Models.Models.Select(model => model with { Provider = ModelInfo.NoProvider })] };
        _gateway = await GatewayApp.StartAsync([_inference, _drawing]);
        await DrawsAsync(true);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _drawing.DisposeAsync();
        await _inference.DisposeAsync();
    }

    [Fact]
    public async Task Miss_IsAMaskOfThePodWithTheModel_DrawnByTheOther()
    {
        using var answer = await _gateway.CutAsync();

        answer.Cache().ShouldBe("miss");
        (await answer.Content.ReadAsByteArrayAsync()).Length.ShouldBe(1000);
        answer.Headers.ETag.ShouldNotBeNull();
        answer.Headers.GetValues("Server-Timing").Single().ShouldMatch(@"^queue;dur=[\d.]+, decode;dur=2.0, infer;dur=3.0, mask;dur=2.0, encode;dur=[\d.]+, total;dur=[\d.]+$");
        _inference.Requests.Single().Headers["X-Mask"].ToString().ShouldBe("alone");
        var drawn = _drawing.Requests.Single();
        drawn.Image.ShouldBe(Images.Jpeg());
        drawn.Mask.ShouldBe(PodScripts.Mask(Images.Jpeg()));
    }

    [Fact]
    public async Task OtherFormats_NeedTheDrawingPodAlone()
    {
        await _gateway.CutAsync();
        foreach (var format in (string[])["webp", "jpg", "zip"]) (await _gateway.CutAsync(query: $"?format={format}")).Cache().ShouldBe("mask");
        (await _gateway.CutAsync()).Cache().ShouldBe("hit");

        _inference.Requests.Count.ShouldBe(1);
        _drawing.Requests.Count.ShouldBe(4);
    }

    [Fact]
    public async Task ModelsOfDrawingPods_AreNotListedAsLoaded()
    {
        await _inference.KillAsync();
        await using var gateway = await GatewayApp.StartUnreadyAsync([_drawing], null);
        (await gateway.Client.GetAsync("/v1/models")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await _gateway.Client.GetStringAsync("/v1/models")).ShouldNotContain("\"none\"");
    }

    [Fact]
    public async Task DrawingPodsGone_ThePodsWithAModelDrawAgain()
    {
        await _gateway.CutAsync();
        await _drawing.KillAsync();

        (await _gateway.CutAsync(query: "?format=webp")).Cache().ShouldBe("mask");
        _inference.Requests.Last().Mask.Length.ShouldBeGreaterThan(0);
        await DrawsAsync(false);
        (await _gateway.CutAsync(seed: 2)).Cache().ShouldBe("miss");
        _inference.Requests.Last().Headers["X-Mask"].ToString().ShouldBe("beside");
    }

    [Fact]
    public async Task DrawingPodOfAnotherVersion_IsNotAsked()
    {
        _drawing.Models = _drawing.Models with { Models = [.. _drawing.Models.Models.Select(model => model with { MaskVersion = "2" })] };
        await Eventually.TrueAsync(() => _gateway.Services.GetRequiredService<AvailablePods>().Answering.Any(pod => Pod.Of(pod).Models!.Models[0].MaskVersion == "2"), "the gateway has noticed");

        (await _gateway.CutAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _gateway.CutAsync(query: "?format=webp")).Cache().ShouldBe("mask");
        _drawing.Requests.ShouldBeEmpty();
    }

    private Task DrawsAsync(bool expected) =>
        Eventually.TrueAsync(() => _gateway.Services.GetRequiredService<PodScheduler>().HasDrawingPods("model-a") == expected, $"drawing pods are there: {expected}");
}
