using System.Text.Json.Nodes;
using k8s.Models;

namespace Rembg.Charts.Tests.Charts;

/// <summary>One autoscaler, or none, says how many pods there are.</summary>
public sealed class ScalingTests
{
    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Replicas_AreSetByExactlyOne(string values)
    {
        var release = await Chart.RenderAsync(values);
        foreach (var deployment in release.All<V1Deployment>())
        {
            var name = deployment.Metadata.Name;
            var owners = release.All<V2HorizontalPodAutoscaler>().Count(h => h.Spec.ScaleTargetRef is { Kind: "Deployment", ApiVersion: "apps/v1" } target && target.Name == name)
                + release.All<ScaledObject>().Count(k => k.Spec.ScaleTargetRef.Name == name)
                + (deployment.Spec.Replicas is null ? 0 : 1);
            owners.ShouldBe(1, name);
        }
        (release.All<ScaledObject>().Any() && release.All<V2HorizontalPodAutoscaler>().Any()).ShouldBeFalse();
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task DisruptionBudget_NeverBlocksTheOnlyPod(string values)
    {
        var release = await Chart.RenderAsync(values);
        foreach (var budget in release.All<V1PodDisruptionBudget>())
        {
            var least = release.All<V2HorizontalPodAutoscaler>().SingleOrDefault(h => h.Metadata.Name == budget.Metadata.Name)?.Spec.MinReplicas
                ?? release.All<ScaledObject>().SingleOrDefault(k => k.Metadata.Name == budget.Metadata.Name)?.Spec.MinReplicaCount
                ?? release.All<V1Deployment>().Single(d => d.Metadata.Name == budget.Metadata.Name).Spec.Replicas!.Value;
            least.ShouldBeGreaterThan(1);
        }
    }

    [Fact]
    public async Task Hpa_AsksForWhatTheAdapterOffers()
    {
        var release = await Chart.RenderAsync("production");
        var rules = Monitoring.AdapterRules.Of(release);
        var metrics = release.One<V2HorizontalPodAutoscaler>("inference").Spec.Metrics;

        metrics.Where(m => m.Type == "Pods").Select(m => m.Pods.Metric.Name).ShouldBe(rules.Rules.Select(r => r.Name.As));
        metrics.Where(m => m.Type == "External").Select(m => m.External.Metric.Name).ShouldBe(rules.ExternalRules.Select(r => r.Name.As));
        metrics.ShouldAllBe(m => (m.Pods == null ? m.External.Target : m.Pods.Target).Type == "AverageValue");
        // The controller asks by namespace, and for pods by their names; the answer must come from there and from nowhere else.
        rules.Rules.ShouldAllBe(r => r.Resources.Overrides["namespace"].Resource == "namespace" && r.Resources.Overrides["pod"].Resource == "pod" && r.MetricsQuery.Contains("<<.GroupBy>>"));
        rules.ExternalRules.ShouldAllBe(r => r.Resources.Overrides["namespace"].Resource == "namespace");
        foreach (var query in rules.Rules.Concat(rules.ExternalRules).Select(r => r.MetricsQuery))
            System.Text.RegularExpressions.Regex.Count(query, "rembg_[a-z_]+{").ShouldBe(System.Text.RegularExpressions.Regex.Count(query, "<<.LabelMatchers>>"), "each series of " + query);
    }

    [Fact]
    public async Task Keda_ScalesOnTheSameTargetsAsTheHpa()
    {
        var hpa = (await Chart.RenderAsync("production")).One<V2HorizontalPodAutoscaler>("inference").Spec;
        var keda = (await Chart.RenderAsync("keda")).One<ScaledObject>("inference").Spec;

        keda.Triggers.Select(t => double.Parse(t.Metadata["threshold"], System.Globalization.CultureInfo.InvariantCulture))
            .ShouldBe(hpa.Metrics.Select(m => (m.Pods == null ? m.External.Target : m.Pods.Target).AverageValue.ToDouble()));
        keda.Triggers.ShouldAllBe(t => t.Metadata["ignoreNullValues"] == "false");
        (keda.MinReplicaCount, keda.MaxReplicaCount).ShouldBe((hpa.MinReplicas!.Value, hpa.MaxReplicas));
    }

    [Theory]
    [InlineData("hpa")]
    [InlineData("keda")]
    public async Task AutoscalerThatComesLater_FindsThePodsThatRun(string mode)
    {
        await using var cluster = await LookedUpObjects.StartAsync(
            ("Deployment", "rembg-gateway", new() { ["spec"] = new JsonObject { ["replicas"] = 3 } }), ("Deployment", "rembg-inference", new() { ["spec"] = new JsonObject { ["replicas"] = 5 } }));

        (await ReplicasAsync(mode, cluster)).ShouldBe((3, 5));
    }

    [Fact]
    public async Task FirstInstallation_BeginsWithTheLeast()
    {
        await using var cluster = await LookedUpObjects.StartAsync();
        (await ReplicasAsync("hpa", cluster)).ShouldBe((2, 2), "Kubernetes' own default is 1");
    }

    [Fact]
    public async Task Keda_TakesOverTheHpaThatIsStillThere()
    {
        var hpas = (await Chart.RenderAsync("drawing")).All<V2HorizontalPodAutoscaler>().Select(hpa => hpa.Metadata.Name);
        var scaled = (await Chart.RenderAsync("drawing-keda")).All<ScaledObject>().ToList();

        scaled.ShouldAllBe(s => s.Metadata.Annotations["scaledobject.keda.sh/transfer-hpa-ownership"] == "true");
        scaled.Select(s => s.Spec.Advanced!.HorizontalPodAutoscalerConfig.Name).ShouldBe(hpas, ignoreOrder: true);
    }

    private static async Task<(int? Gateway, int? Inference)> ReplicasAsync(string mode, LookedUpObjects cluster)
    {
        async Task<int?> Of(string name) =>
            (await Chart.RenderAsync(["--set", $"autoscaling.mode={mode}", .. cluster.Arguments, "--show-only", $"templates/{name}/deployment.yaml"])).One<V1Deployment>(name).Spec.Replicas;
        return (await Of("gateway"), await Of("inference"));
    }
}
