using k8s.Models;

namespace Rembg.Charts.Tests.Charts;

/// <summary>The pool of pods that only draw.</summary>
public sealed class DrawingTests
{
    [Fact]
    public async Task Drawing_IsOffUnlessAskedFor()
    {
        var release = await Chart.RenderAsync("defaults");
        release.All<V1Deployment>().ShouldNotContain(deployment => deployment.Metadata.Name.EndsWith("-drawing"));
        Environment(release, "gateway").Keys.ShouldNotContain("Pods__Addresses__1");
    }

    [Fact]
    public async Task DrawingPods_HaveNoGpuAndTheRoleAndPrecisionThatFit()
    {
        var release = await Chart.RenderAsync("drawing"); // beside GPU pods
        var pod = release.One<V1Deployment>("drawing").Spec.Template.Spec;

        pod.Containers[0].Image.ShouldNotEndWith("-cuda");
        pod.Containers[0].Resources.Limits.Keys.ShouldBe(["cpu", "memory"], ignoreOrder: true);
        pod.RuntimeClassName.ShouldBeNull();
        var (drawing, inference) = (Environment(release, "drawing"), Environment(release, "inference"));
        drawing["Models__Role"].ShouldBe("Draw");
        drawing["Models__Precision"].ShouldBe("Full");
        drawing["Models__Names"].ShouldBe(inference["Models__Names"]);
        Settings.Complaints(typeof(Inference.Program).Assembly, drawing).ShouldBeEmpty();
    }

    [Theory, InlineData("drawing"), InlineData("drawing-keda"), InlineData("everything")]
    public async Task Gateway_FindsAndReachesTheDrawingPods(string values)
    {
        var release = await Chart.RenderAsync(values);
        var pods = release.One<V1Service>("drawing-pods");
        pods.Spec.ClusterIP.ShouldBe("None");
        Environment(release, "gateway")["Pods__Addresses__1"].ShouldBe($"http://{pods.Metadata.Name}.photos.svc.cluster.local:{pods.Spec.Ports.Single(port => port.Name == "http").Port}");
        pods.Spec.Ports.Single(port => port.Name == "management").Port.ShouldBe(pods.Spec.Ports.Single(port => port.Name == "http").Port + 80);
        release.One<V1NetworkPolicy>("gateway").Spec.Egress.SelectMany(rule => rule.To ?? []).ShouldContain(to =>
            to.PodSelector != null && to.PodSelector.MatchLabels["app.kubernetes.io/component"] == "drawing");
    }

    [Fact]
    public async Task DrawingPods_AreScaledByTheirCpu()
    {
        var hpa = (await Chart.RenderAsync("drawing")).One<V2HorizontalPodAutoscaler>("drawing").Spec;
        hpa.Metrics.ShouldHaveSingleItem().Resource.Name.ShouldBe("cpu");
    }

    private static IReadOnlyDictionary<string, string> Environment(Release release, string name) =>
        Settings.Environment(release.One<V1Deployment>(name).Spec.Template.Spec.Containers[0]);
}
