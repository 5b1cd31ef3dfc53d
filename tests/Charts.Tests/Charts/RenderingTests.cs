using k8s;
using k8s.Models;

namespace Rembg.Charts.Tests.Charts;

public sealed class RenderingTests
{
    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Lint_FindsNothing(string values)
    {
        var helm = await ClusterTools.HelmAsync(["lint", "--strict", Chart.Folder, .. ValueSets.All[values]]);
        helm.ExitCode.ShouldBe(0, helm.StandardOutput);
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task EachObject_HasOnlyFieldsOfItsTypeAndItsOwnName(string values)
    {
        var release = await Chart.RenderAsync(values); // strict: an unknown field fails

        release.Objects.ShouldNotBeEmpty();
        release.Objects.ShouldAllBe(o => o.Metadata.Name.StartsWith("rembg", StringComparison.Ordinal) && o.Metadata.NamespaceProperty == "photos");
        release.Objects.Select(o => (o.Kind, o.Metadata.Name)).ShouldBeUnique();
        release.Objects.ShouldAllBe(o => o.Metadata.Labels["app.kubernetes.io/instance"] == "rembg");
    }

    [Fact]
    public void MisspeltField_IsNoticed()
    {
        const string Service = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {ports: [{port: 80, targetport: http}]}";
        Should.Throw<Exception>(() => KubernetesYaml.LoadAllFromString(Service, strict: true)).ToString().ShouldContain("targetport");

        const string Monitor = "apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: {name: x}\nspec: {podMetricsEndpoint: []}";
        Should.Throw<Exception>(() => KubernetesYaml.LoadAllFromString(Monitor, CustomResources.Types, strict: true)).ToString().ShouldContain("podMetricsEndpoint");
    }

    [Fact]
    public async Task ChartsVersion_IsThatOfTheServices()
    {
        var version = typeof(Gateway.Program).Assembly.GetName().Version!.ToString(3);
        var chart = await File.ReadAllLinesAsync(Path.Combine(Chart.Folder, "Chart.yaml"));

        chart.ShouldContain($"version: {version}", "the version in Directory.Build.props");
        chart.ShouldContain($"appVersion: {version}");
    }

    [Fact]
    public async Task Defaults_NeedNothingButKubernetes()
    {
        var release = await Chart.RenderAsync("defaults");
        release.Objects.ShouldAllBe(o => o.GetType().Namespace == typeof(V1Pod).Namespace);
    }

    [Theory]
    [InlineData("inference.accelerator=gpu", "'cpu', 'cuda'")]
    [InlineData("autoscaling.mode=both", "'hpa', 'keda', 'none'")]
    [InlineData("gateway.replica=3", "'replica' not allowed")]
    [InlineData("inference.replicas=-1", "minimum: got -1")]
    [InlineData("inference.models=a b", "/inference/models")]
    [InlineData("maxUploadMiB=25MB", "/maxUploadMiB")]
    [InlineData("gateway.settings.cache=1", "invalid propertyName 'cache'")]
    [InlineData("monitoring.podMonitors.interval=60s", "/monitoring/podMonitors/interval")]
    [InlineData("monitoring.podMonitors.interval=4s", "/monitoring/podMonitors/interval")]
    [InlineData("tracing.endpoint=collector", "/tracing/endpoint")]
    [InlineData("commonLabels.team=a b", "/commonLabels/team")]
    [InlineData("commonLabels.app\\.kubernetes\\.io/name=mine", "invalid propertyName 'app.kubernetes.io/name'")]
    [InlineData("gateway.settings.Uploads__MaxBytes=many", "the chart sets it from a value of its own")]
    [InlineData("inference.settings.Admission__MaxRequests=many", "the chart sets it from a value of its own")]
    [InlineData("gateway.autoscaling.minReplicas=7", "gateway.autoscaling.minReplicas is above")]
    [InlineData("inference.autoscaling.minReplicas=11", "inference.autoscaling.minReplicas is above")]
    [InlineData("inference.profiles.cpu.resources.limit.cpu=1", "'limit' not allowed")]
    [InlineData("gateway.image.digest=sha256:abc", "/gateway/image/digest")]
    [InlineData("gateway.settings.Docs__Enabled=off", "the chart sets it from a value of its own")]
    [InlineData("inference.extraEnv[0].name=Models__Names,inference.extraEnv[0].value=a", "inference.extraEnv: the chart sets Models__Names")]
    [InlineData("gateway.settings.Cache__Lifetime=long,gateway.extraEnv[0].name=Cache__Lifetime", "Cache__Lifetime is in gateway.settings too")]
    [InlineData("drawing.enabled=true,drawing.podLabels.app\\.kubernetes\\.io/name=mine", "invalid propertyName 'app.kubernetes.io/name'")]
    [InlineData("gateway.extraVolumes[0].emptyDir.medium=Memory", "missing property 'name'")]
    [InlineData("extraObjects[0].kind=ConfigMap", "missing properties 'apiVersion', 'metadata'")]
    [InlineData("redis.mode=external", "needs redis.existingSecret")]
    [InlineData("redis.mode=none", "set autoscaling.mode=none and gateway.replicas=1")]
    [InlineData("gateway.ingress.enabled=true,gateway.ingress.tlsSecret=tls", "needs gateway.ingress.host")]
    [InlineData("gateway.httpRoute.enabled=true", "needs gateway.httpRoute.parentRefs")]
    public async Task WrongValue_IsRefusedInClearWords(string set, string message)
    {
        var helm = await ClusterTools.HelmAsync("template", "rembg", Chart.Folder, "--set", set);

        helm.ExitCode.ShouldNotBe(0);
        helm.StandardError.ShouldContain(message);
    }

    [Fact]
    public async Task Notes_WarnOfWhatIsOff()
    {
        var defaults = await NotesAsync("defaults");
        defaults.ShouldContain("API keys are off");
        defaults.ShouldContain("monitoring.podMonitors is off");

        (await NotesAsync("without-redis")).ShouldContain("tasks are lost when the gateway stops");
        (await NotesAsync("local")).ShouldContain("tasks are lost when its pod moves");
        (await NotesAsync("everything")).ShouldContain("no proxy is trusted");
        (await NotesAsync("production")).ShouldNotContain("WARNING");
    }

    private static async Task<string> NotesAsync(string values)
    {
        var helm = await ClusterTools.HelmAsync(["install", "rembg", Chart.Folder, "--namespace", "photos", "--dry-run=client", .. ValueSets.All[values]]);
        helm.ExitCode.ShouldBe(0, helm.StandardError);
        return helm.StandardOutput[helm.StandardOutput.IndexOf("NOTES:", StringComparison.Ordinal)..];
    }
}
