using System.Text.RegularExpressions;
using k8s;
using k8s.Models;

namespace Rembg.Charts.Tests.Charts;

/// <summary>
/// What an API server refuses although each field has its type: after Kubernetes' <c>pkg/apis/*/validation</c> and the Pod
/// Security Standard "restricted". No API server runs here, so these are its rules, read and written down.
/// </summary>
public sealed partial class AdmissionTests
{
    /// <summary>Names that Helm takes: the longest, with a dot, with a digit first.</summary>
    private static readonly string[] ReleaseNames = ["rembg", new('r', 53), "photos.example", "2026-rembg"];

    public static IEnumerable<object[]> Installations => from values in ValueSets.All.Keys from name in ReleaseNames select new object[] { values, name };

    [Theory, MemberData(nameof(Installations))]
    public async Task NamesAndLabels_AreThoseThatItTakes(string values, string releaseName)
    {
        var release = await RenderAsync(values, releaseName);
        foreach (var o in release.Objects)
        {
            o.Metadata.Name.Length.ShouldBeLessThanOrEqualTo(253);
            o.Metadata.Name.ShouldMatch(Subdomain);
            Check(o.Metadata.Labels, o.Metadata.Name);
            (o.Metadata.Annotations ?? new Dictionary<string, string>()).Keys.ShouldAllBe(key => Key().IsMatch(key));
        }
        foreach (var service in release.All<V1Service>()) service.Metadata.Name.ShouldMatch("^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$");
        // Pods of both get their names as labels, with what tells revisions apart.
        release.All<V1StatefulSet>().ShouldAllBe(set => set.Metadata.Name.Length <= 52);
        release.All<ScaledObject>().ShouldAllBe(scaled => scaled.Metadata.Name.Length <= 54);
        foreach (var (name, template, selector) in Templates(release))
        {
            Check(template.Metadata.Labels, name);
            foreach (var label in selector.MatchLabels) template.Metadata.Labels[label.Key].ShouldBe(label.Value);
            // What a selector is made of must not change with a version: it can never be changed again.
            selector.MatchLabels.Keys.ShouldAllBe(key => key == "app.kubernetes.io/name" || key == "app.kubernetes.io/instance" || key == "app.kubernetes.io/component");
        }
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Containers_AreThoseThatItTakes(string values)
    {
        foreach (var (name, pod) in Pods(await Chart.RenderAsync(values)))
        {
            pod.Containers.Select(c => c.Name).ShouldBeUnique();
            foreach (var container in pod.Containers)
            {
                container.Image.ShouldMatch("^[a-z0-9][-a-z0-9._/:]*:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}(@sha256:[0-9a-f]{64})?$");
                (container.Env ?? []).Select(e => e.Name).ShouldBeUnique($"{name}: Helm 4 applies on the server, which refuses a name twice");
                (container.Env ?? []).ShouldAllBe(e => Variable().IsMatch(e.Name) && (e.Value == null) != (e.ValueFrom == null));
                (container.Ports ?? []).ShouldAllBe(p => p.Name.Length <= 15 && PortName().IsMatch(p.Name) && p.ContainerPort > 0 && p.ContainerPort < 65536);
                (container.Ports ?? []).Select(p => p.Name).ShouldBeUnique();
                (container.VolumeMounts ?? []).Select(m => m.MountPath).ShouldBeUnique();
                container.Resources.Requests.ShouldNotBeEmpty($"{name}: a namespace with a quota takes no pod without");
                foreach (var (resource, limit) in container.Resources.Limits)
                {
                    if (container.Resources.Requests.TryGetValue(resource, out var request)) request.ToDouble().ShouldBeLessThanOrEqualTo(limit.ToDouble(), $"{name} {resource}");
                    if (resource.Contains('/', StringComparison.Ordinal)) limit.ToDouble().ShouldBe(Math.Floor(limit.ToDouble()));
                }
                foreach (var probe in new[] { container.StartupProbe, container.ReadinessProbe, container.LivenessProbe }.OfType<V1Probe>())
                {
                    new object?[] { probe.HttpGet, probe.TcpSocket, probe.Exec }.Count(way => way is not null).ShouldBe(1, "exactly one way to ask");
                    if ((probe.HttpGet?.Port ?? probe.TcpSocket?.Port) is { } port) port.Value.ShouldBeOneOf([.. container.Ports!.Select(p => p.Name)]);
                    (probe.SuccessThreshold ?? 1).ShouldBe(1);
                    (probe.PeriodSeconds ?? 10).ShouldBeGreaterThan(0);
                    (probe.FailureThreshold ?? 3).ShouldBeGreaterThan(0);
                }
                container.Lifecycle?.PreStop.Sleep.Seconds.ShouldBeInRange(1, pod.TerminationGracePeriodSeconds!.Value);
            }
            foreach (var toleration in pod.Tolerations ?? [])
            {
                if (toleration.OperatorProperty == "Exists") toleration.Value.ShouldBeNull();
                if (toleration.TolerationSeconds is not null) toleration.Effect.ShouldBe("NoExecute");
            }
            foreach (var spread in pod.TopologySpreadConstraints ?? [])
                spread.LabelSelector.MatchLabels.Keys.Intersect(spread.MatchLabelKeys).ShouldBeEmpty("a key in both is refused");
        }
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Pods_AreRestricted(string values)
    {
        foreach (var (name, pod) in Pods(await Chart.RenderAsync(values)))
        {
            (pod.HostNetwork ?? pod.HostPID ?? pod.HostIPC ?? false).ShouldBeFalse(name);
            (pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.SeccompProfile.Type).ShouldBe((true, "RuntimeDefault"), name);
            pod.SecurityContext.RunAsUser!.Value.ShouldBeGreaterThan(0);
            (pod.Volumes ?? []).ShouldAllBe(v => v.EmptyDir != null || v.Secret != null || v.ConfigMap != null || v.PersistentVolumeClaim != null);
            foreach (var container in pod.Containers.Concat(pod.InitContainers ?? []))
            {
                container.SecurityContext.AllowPrivilegeEscalation.ShouldBe(false, container.Name);
                container.SecurityContext.Capabilities.Drop.ShouldBe(["ALL"]);
                (container.SecurityContext.Capabilities.Add ?? []).ShouldBeEmpty();
                (container.SecurityContext.Privileged ?? false).ShouldBeFalse();
                (container.SecurityContext.RunAsNonRoot ?? true).ShouldBeTrue();
                (container.Ports ?? []).ShouldAllBe(p => p.HostPort == null);
            }
        }
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Autoscalers_AreThoseThatItTakes(string values)
    {
        foreach (var hpa in (await Chart.RenderAsync(values)).All<V2HorizontalPodAutoscaler>().Select(h => h.Spec))
        {
            hpa.MinReplicas!.Value.ShouldBeInRange(1, hpa.MaxReplicas);
            foreach (var target in hpa.Metrics.Select(m => m.Pods?.Target ?? m.External?.Target ?? m.Resource.Target))
            {
                if (target.Type == "Utilization") target.AverageUtilization!.Value.ShouldBeGreaterThan(0);
                else target.AverageValue.ToDouble().ShouldBeGreaterThan(0);
            }
            foreach (var rules in new[] { hpa.Behavior?.ScaleUp, hpa.Behavior?.ScaleDown }.OfType<V2HPAScalingRules>())
            {
                (rules.StabilizationWindowSeconds ?? 0).ShouldBeInRange(0, 3600);
                rules.SelectPolicy.ShouldBeOneOf("Max", "Min", "Disabled");
                rules.Policies.ShouldAllBe(p => (p.Type == "Pods" || p.Type == "Percent") && p.Value > 0 && p.PeriodSeconds > 0 && p.PeriodSeconds <= 1800);
            }
        }
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task SecondRendering_ChangesNothing(string values)
    {
        // What is made at random is kept by a look at the cluster, and is the one thing that may differ here.
        var (first, second) = (await Chart.TemplateAsync(ValueSets.All[values]), await Chart.TemplateAsync(ValueSets.All[values]));
        Password().Replace(second, "password: x").ShouldBe(Password().Replace(first, "password: x"));
        foreach (var map in (await Chart.RenderAsync(values)).All<V1ConfigMap>()) map.Data.Sum(d => d.Key.Length + d.Value.Length).ShouldBeLessThan(1 << 20);
    }

    [Fact]
    public async Task NewVersionOfTheChartAlone_RestartsNoPod()
    {
        var copy = CopyOfTheChart();
        var file = Path.Combine(copy.FullName, "Chart.yaml");
        await File.WriteAllTextAsync(file, System.Text.RegularExpressions.Regex.Replace(await File.ReadAllTextAsync(file), "(?m)^version: .*$", "version: 999.0.0"));

        string[] arguments = ["--set", "redis.existingSecret=redis"];
        var (before, after) = (await Chart.RenderAsync(arguments), await RenderAsync(copy.FullName, arguments));
        copy.Delete(recursive: true);
        after.One<V1Deployment>("gateway").Metadata.Labels["helm.sh/chart"].ShouldEndWith("-999.0.0");
        Templates(after).Select(t => KubernetesYaml.Serialize(t.Template)).ShouldBe(Templates(before).Select(t => KubernetesYaml.Serialize(t.Template)));
    }

    [Fact]
    public async Task TwoAliasesOfOneUmbrella_DoNotSelectEachOthersPods()
    {
        var umbrella = Directory.CreateTempSubdirectory("rembg-umbrella-");
        await File.WriteAllTextAsync(Path.Combine(umbrella.FullName, "Chart.yaml"), """
            apiVersion: v2
            name: shop
            version: 1.0.0
            dependencies:
              - {name: rembg-platform, version: ">=0.0.0-0", alias: fast}
              - {name: rembg-platform, version: ">=0.0.0-0", alias: fine}
            """);
        Directory.Move(CopyOfTheChart().FullName, Directory.CreateDirectory(Path.Combine(umbrella.FullName, "charts")).FullName + "/rembg-platform");

        var release = await RenderAsync(umbrella.FullName, []);
        umbrella.Delete(recursive: true);
        var templates = Templates(release).ToList();
        templates.Select(t => t.Name).ShouldBeUnique();
        foreach (var (name, _, selector) in templates)
            templates.Where(other => selector.MatchLabels.All(label => other.Template.Metadata.Labels.TryGetValue(label.Key, out var value) && value == label.Value)).Select(other => other.Name).ShouldBe([name]);
    }

    private static async Task<Release> RenderAsync(string chart, IEnumerable<string> arguments)
    {
        var helm = await ClusterTools.HelmAsync(["template", "rembg", chart, "--namespace", "photos", .. arguments]);
        helm.ExitCode.ShouldBe(0, helm.StandardError);
        return new([.. KubernetesYaml.LoadAllFromString(helm.StandardOutput, CustomResources.Types, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()]);
    }

    private static DirectoryInfo CopyOfTheChart()
    {
        var copy = Directory.CreateTempSubdirectory("rembg-chart-");
        foreach (var file in Directory.EnumerateFiles(Chart.Folder, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(copy.FullName, Path.GetRelativePath(Chart.Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
        return copy;
    }

    [Fact]
    public async Task LargeNumbers_AreWrittenOut()
    {
        // Helm reads numbers of a file as floating-point ones, and would write a million as 1e+06.
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "redis: {maxMemoryMiB: 2097152, resources: {limits: {memory: 3Ti}}}\ninference: {maxWaitingMiB: 1000000, maxPixelMiB: 1000000}\n");
        var release = await Chart.RenderAsync(["--values", file]);
        File.Delete(file);

        release.One<V1StatefulSet>("redis").Spec.Template.Spec.Containers[0].Args.ShouldContain("2097152mb");
        var environment = Settings.Environment(release.One<V1Deployment>("inference").Spec.Template.Spec.Containers[0]);
        (environment["Admission__MaxWaitingMiB"], environment["Admission__MaxPixelMiB"]).ShouldBe(("1000000", "1000000"));
    }

    private static async Task<Release> RenderAsync(string values, string name)
    {
        var helm = await ClusterTools.HelmAsync(["template", name, Chart.Folder, "--namespace", "photos", .. ValueSets.All[values]]);
        helm.ExitCode.ShouldBe(0, helm.StandardError);
        return new([.. KubernetesYaml.LoadAllFromString(helm.StandardOutput, CustomResources.Types, strict: true).Cast<IKubernetesObject<V1ObjectMeta>>()]);
    }

    private static void Check(IDictionary<string, string> labels, string of) =>
        labels.ShouldAllBe(label => Key().IsMatch(label.Key) && label.Value.Length <= 63 && LabelValue().IsMatch(label.Value), of);

    private static IEnumerable<(string Name, V1PodTemplateSpec Template, V1LabelSelector Selector)> Templates(Release release) =>
    [
        .. release.All<V1Deployment>().Select(d => (d.Metadata.Name, d.Spec.Template, d.Spec.Selector)),
        .. release.All<V1StatefulSet>().Select(s => (s.Metadata.Name, s.Spec.Template, s.Spec.Selector)),
    ];

    private static IEnumerable<(string Name, V1PodSpec Pod)> Pods(Release release) =>
        Templates(release).Select(t => (t.Name, t.Template.Spec)).Concat(release.All<V1Pod>().Select(p => (p.Metadata.Name, p.Spec)));

    private const string Subdomain = @"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";

    [GeneratedRegex(@"^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$")]
    private static partial Regex Key();

    [GeneratedRegex("^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$")]
    private static partial Regex LabelValue();

    [GeneratedRegex("^[-._a-zA-Z][-._a-zA-Z0-9]*$")]
    private static partial Regex Variable();

    [GeneratedRegex("^(?!.*--)(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex PortName();

    [GeneratedRegex("password: [A-Za-z0-9+/=]+")] // the checksum as well
    private static partial Regex Password();
}
