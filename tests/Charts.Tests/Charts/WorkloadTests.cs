using k8s.Models;
using Rembg.Gateway.Fetching;

namespace Rembg.Charts.Tests.Charts;

/// <summary>What the Deployments mean, whatever the values: parts find each other, and nothing is set that nobody reads.</summary>
public sealed class WorkloadTests
{
    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Selectors_MatchTheirPodsAndNoOthers(string values)
    {
        var release = await Chart.RenderAsync(values);
        var pods = Templates(release).ToDictionary(t => t.Name, t => t.Template.Metadata.Labels);

        foreach (var (name, selector) in Selectors(release))
            pods.Where(pod => selector.All(label => pod.Value.TryGetValue(label.Key, out var value) && value == label.Value))
                .ShouldHaveSingleItem($"{name} selects {string.Join(", ", selector)}");
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Ports_AreThoseOfTheContainerAndOfItsProcess(string values)
    {
        var release = await Chart.RenderAsync(values);
        foreach (var container in Services(release).Select(s => s.Container))
        {
            var environment = Settings.Environment(container);
            $"{container.Ports.Single(p => p.Name == "http").ContainerPort}".ShouldBe(environment["Service__Port"]);
            $"{container.Ports.Single(p => p.Name == "management").ContainerPort}".ShouldBe(environment["Service__ManagementPort"]);
        }
        foreach (var service in release.All<V1Service>())
            service.Spec.Ports.Select(p => p.TargetPort.Value).ShouldBeSubsetOf(Pod(release, service.Spec.Selector).Containers[0].Ports.Select(p => p.Name));
        foreach (var monitor in release.All<PodMonitor>())
            monitor.Spec.PodMetricsEndpoints.Select(e => e.Port).ShouldBeSubsetOf(Pod(release, monitor.Spec.Selector.MatchLabels).Containers[0].Ports.Select(p => p.Name));
        foreach (var policy in release.All<V1NetworkPolicy>())
            policy.Spec.Ingress.SelectMany(i => i.Ports).Select(p => p.Port.Value)
                .ShouldBeSubsetOf(Pod(release, policy.Spec.PodSelector.MatchLabels).Containers[0].Ports.Select(p => p.Name));
        foreach (var route in release.All<HttpRoute>())
            route.Spec.Rules[0].BackendRefs[0].Port.ShouldBe(release.One<V1Service>("gateway").Spec.Ports[0].Port);
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task GatewayFindsPodsAndRedis_ByTheNamesOfTheirServices(string values)
    {
        var release = await Chart.RenderAsync(values);
        var environment = Settings.Environment(release.One<V1Deployment>("gateway").Spec.Template.Spec.Containers[0]);

        var pods = release.One<V1Service>("inference-pods");
        pods.Spec.ClusterIP.ShouldBe("None");
        environment["Pods__Addresses__0"].ShouldBe($"http://{pods.Metadata.Name}.photos.svc.cluster.local:{pods.Spec.Ports.Single(p => p.Name == "http").Port}");
        // The gateway takes the management port to be 80 above.
        pods.Spec.Ports.Single(p => p.Name == "management").Port.ShouldBe(pods.Spec.Ports.Single(p => p.Name == "http").Port + 80);
        if (release.All<V1StatefulSet>().Any())
            environment["ConnectionStrings__Redis"].ShouldStartWith($"{release.One<V1Service>("redis").Metadata.Name}:6379,");
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task EachVariable_IsReadByTheServiceWithThatValue(string values)
    {
        var release = await Chart.RenderAsync(values);
        Complaints(typeof(Gateway.Program), "gateway").ShouldBeEmpty();
        Complaints(typeof(Inference.Program), "inference").ShouldBeEmpty();

        IReadOnlyList<string> Complaints(Type program, string name) =>
            Settings.Complaints(program.Assembly, Settings.Environment(release.One<V1Deployment>(name).Spec.Template.Spec.Containers[0]));
    }

    [Fact]
    public void VariableThatNobodyReads_IsNoticed()
    {
        var complaints = Settings.Complaints(typeof(Inference.Program).Assembly, new Dictionary<string, string>
        {
            ["Models__Name"] = "isnet",
            ["Batch__MaxBatchSize"] = "8",
            ["Admission__MaxRequests"] = "0",
        });
        complaints.Count.ShouldBe(3);
        complaints.ShouldContain(c => c.Contains("'Name'", StringComparison.Ordinal));
        complaints.ShouldContain(c => c.Contains("Batch", StringComparison.Ordinal));
        complaints.ShouldContain(c => c.Contains("MaxRequests", StringComparison.Ordinal));
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Pods_StopWithTimeToDrain(string values)
    {
        foreach (var (_, pod, container) in Services(await Chart.RenderAsync(values)))
        {
            var drain = int.Parse(Settings.Environment(container)["Service__DrainSeconds"], System.Globalization.CultureInfo.InvariantCulture);
            (pod.TerminationGracePeriodSeconds ?? 30).ShouldBeGreaterThan(container.Lifecycle.PreStop.Sleep.Seconds + drain);
            container.LivenessProbe.HttpGet.Path.ShouldBe("/livez", "a pod that is full, draining or without Redis must not be killed");
            container.ReadinessProbe.HttpGet.Path.ShouldBe("/readyz");
            new[] { container.LivenessProbe, container.ReadinessProbe, container.StartupProbe }.ShouldAllBe(p => p.HttpGet.Port.Value == "management");
        }
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Pods_MayDoNothingThatTheyNeedNot(string values)
    {
        var release = await Chart.RenderAsync(values);
        foreach (var pod in Templates(release).Select(t => t.Template.Spec).Concat(release.All<V1Pod>().Select(p => p.Spec)))
        {
            pod.AutomountServiceAccountToken.ShouldBe(false);
            pod.SecurityContext.RunAsNonRoot.ShouldBe(true);
            pod.SecurityContext.SeccompProfile.Type.ShouldBe("RuntimeDefault");
            foreach (var context in pod.Containers.Select(c => c.SecurityContext))
            {
                context.ReadOnlyRootFilesystem.ShouldBe(true);
                context.AllowPrivilegeEscalation.ShouldBe(false);
                context.Capabilities.Drop.ShouldBe(["ALL"]);
            }
        }
    }

    [Theory, MemberData(nameof(ValueSets.Names), MemberType = typeof(ValueSets))]
    public async Task Volumes_AreMountedAndMountsHaveVolumes(string values)
    {
        foreach (var (name, template, claims) in Templates(await Chart.RenderAsync(values)))
        {
            var volumes = (template.Spec.Volumes ?? []).Select(v => v.Name).Concat(claims).Order();
            template.Spec.Containers.SelectMany(c => c.VolumeMounts).Select(m => m.Name).Distinct().Order().ShouldBe(volumes, name);
        }
    }

    [Theory]
    [InlineData("production")]
    [InlineData("everything")]
    public async Task Prometheus_IsLetInWhereItScrapes(string values)
    {
        var release = await Chart.RenderAsync(values);
        foreach (var monitor in release.All<PodMonitor>())
        {
            var policy = release.All<V1NetworkPolicy>().Where(p => p.Spec.PodSelector.MatchLabels.All(label => monitor.Spec.Selector.MatchLabels[label.Key] == label.Value)).ShouldHaveSingleItem();
            // By port alone, or from a whole namespace: Prometheus' own labels are not ours to know.
            policy.Spec.Ingress.ShouldContain(rule => rule.Ports.Any(p => p.Port.Value == monitor.Spec.PodMetricsEndpoints[0].Port)
                && (rule.FromProperty == null || rule.FromProperty.Any(from => from.NamespaceSelector != null && from.PodSelector == null)), monitor.Metadata.Name);
        }
    }

    [Fact]
    public async Task Inference_HasNoWayOutButToTheCollector()
    {
        (await Chart.RenderAsync("defaults")).One<V1NetworkPolicy>("inference").Spec.ShouldSatisfyAllConditions(
            policy => policy.PolicyTypes.ShouldContain("Egress"),
            policy => (policy.Egress ?? []).ShouldBeEmpty());

        var traced = (await Chart.RenderAsync("production")).One<V1NetworkPolicy>("inference").Spec.Egress;
        traced.SelectMany(e => e.Ports).Select(p => p.Port.Value).Order().ShouldBe(["4317", "53", "53"]);
    }

    [Theory]
    [InlineData("defaults", new[] { "443", "53", "53", "80", "http", "management", "redis" })]
    [InlineData("production", new[] { "26379", "4317", "443", "53", "53", "6379", "6380", "80", "http", "management" })]
    [InlineData("without-redis", new[] { "443", "53", "53", "80", "http", "management" })]
    public async Task Gateway_HasNoWayOutButToWhatIsConfigured(string values, string[] ports)
    {
        var policy = (await Chart.RenderAsync(values)).One<V1NetworkPolicy>("gateway").Spec;

        policy.PolicyTypes.ShouldBe(["Ingress", "Egress"]);
        policy.Egress.SelectMany(rule => rule.Ports).Select(port => port.Port.Value).Order(StringComparer.Ordinal).ShouldBe(ports);
    }

    [Fact]
    public async Task Fetching_ReachesWhatTheGatewayTakesForPublicAndNothingElse()
    {
        var blocks = Fetching(await Chart.RenderAsync("defaults"));
        var everything = Fetching(await Chart.RenderAsync("everything"));

        blocks.Select(block => block.Cidr).ShouldBe(["0.0.0.0/0", $"{AddressJudge.PublicV6}"]);
        blocks[0].Except.ShouldBe(AddressJudge.SpecialV4.Select(special => $"{special}"));
        blocks[1].Except.ShouldBe(AddressJudge.SpecialV6.Select(special => $"{special}"));
        everything.Skip(2).Select(block => block.Cidr).ShouldBe(["10.20.0.0/16", "10.21.0.5/32", "fd00::5/128"]);
        Fetching(await Chart.RenderAsync(["--set", "fetching.enabled=false"])).ShouldBeEmpty();

        static List<V1IPBlock> Fetching(Release release) =>
            [.. release.One<V1NetworkPolicy>("gateway").Spec.Egress.SelectMany(rule => rule.To ?? []).Select(peer => peer.IpBlock).Where(block => block is not null)];
    }

    [Fact]
    public async Task Digest_NamesTheImage()
    {
        var images = (await Chart.RenderAsync("everything")).All<V1Deployment>().Select(deployment => deployment.Spec.Template.Spec.Containers[0].Image);

        images.ShouldContain($"mirror.example.com/team/rembg-gateway:abc123@sha256:{new string('a', 64)}");
    }

    [Fact]
    public async Task OwnParts_ComeIntoThePodsOfEachService()
    {
        var release = await Chart.RenderAsync("everything");
        foreach (var (name, pod, container) in Services(release))
        {
            Templates(release).Single(t => t.Name == name).Template.Metadata.Labels["cost-center"].ShouldBe("photos");
            container.Env.Single(variable => variable.Name == "SSL_CERT_FILE").Value.ShouldBe("/etc/ca/ca.crt");
            container.Env.Single(variable => variable.Name == "OTEL_RESOURCE_ATTRIBUTES").ValueFrom.ConfigMapKeyRef.Name.ShouldBe("region");
            container.EnvFrom.ShouldHaveSingleItem().SecretRef.Name.ShouldBe("proxy");
            container.VolumeMounts.ShouldContain(mount => mount.Name == "ca" && mount.MountPath == "/etc/ca");
            pod.Volumes.Single(volume => volume.Name == "ca").ConfigMap.Name.ShouldBe("ca");
            pod.InitContainers.ShouldHaveSingleItem().Name.ShouldBe("wait");
            pod.Containers.Select(c => c.Name).ShouldBe([name["rembg-".Length..], "log"]);
            pod.ServiceAccountName.ShouldBe("rembg");
        }
        release.One<V1Deployment>("gateway").Spec.Template.Spec.TopologySpreadConstraints.ShouldHaveSingleItem().TopologyKey.ShouldBe("rack");
        release.All<V1ServiceAccount>().ShouldHaveSingleItem().Metadata.Annotations["example.com/role"].ShouldBe("rembg");
        release.One<V1ConfigMap>("more").Data["a"].ShouldBe("b");
        release.All<V1Pod>().ShouldAllBe(test => test.Spec.NodeSelector["pool"] == "web" && test.Spec.ServiceAccountName == "rembg");
        release.One<V1Service>("gateway").Spec.ShouldSatisfyAllConditions(
            service => service.LoadBalancerClass.ShouldBe("example.com/lb"),
            service => service.LoadBalancerSourceRanges.ShouldBe(["10.0.0.0/8"]),
            service => service.ExternalTrafficPolicy.ShouldBe("Local"));
    }

    [Fact]
    public async Task GlobalRegistry_IsThatOfEveryImageOfTheChart()
    {
        var release = await Chart.RenderAsync(["--set", "global.imageRegistry=mirror.example.com/rembg", "--set", "drawing.enabled=true"]);

        Services(release).Select(service => service.Container.Image)
            .Concat(release.All<V1StatefulSet>().Select(redis => redis.Spec.Template.Spec.Containers[0].Image))
            .Concat(release.All<V1Pod>().SelectMany(test => test.Spec.Containers).Select(container => container.Image))
            .ShouldAllBe(image => image.StartsWith("mirror.example.com/rembg/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Accelerator_IsOneValue()
    {
        var container = (await Chart.RenderAsync("cuda-by-one-value")).One<V1Deployment>("inference").Spec.Template.Spec;
        container.Containers[0].Image.ShouldEndWith("-cuda");
        container.Containers[0].Resources.Limits["nvidia.com/gpu"].ToString().ShouldBe("1");
        Settings.Environment(container.Containers[0])["Models__Provider"].ShouldBe("Cuda");
        container.Tolerations.ShouldContain(t => t.Key == "nvidia.com/gpu");

        var cpu = (await Chart.RenderAsync("defaults")).One<V1Deployment>("inference").Spec.Template.Spec;
        cpu.Containers[0].Resources.Limits.Keys.ShouldBe(["cpu", "memory"], ignoreOrder: true);
        Settings.Environment(cpu.Containers[0])["Models__Provider"].ShouldBe("Cpu");
    }

    [Fact]
    public async Task GpuPool_IsForInferenceAlone()
    {
        var release = await Chart.RenderAsync("cuda");
        var inference = release.One<V1Deployment>("inference").Spec.Template.Spec;
        inference.RuntimeClassName.ShouldBe("nvidia");
        inference.NodeSelector["nvidia.com/gpu.present"].ShouldBe("true");

        var gateway = release.One<V1Deployment>("gateway").Spec.Template.Spec;
        gateway.RuntimeClassName.ShouldBeNull();
        (gateway.NodeSelector ?? new Dictionary<string, string>()).Keys.ShouldNotContain("nvidia.com/gpu.present");
        (gateway.Tolerations ?? []).ShouldNotContain(toleration => toleration.Key == "nvidia.com/gpu");
        gateway.Containers[0].Resources.Limits.Keys.ShouldNotContain("nvidia.com/gpu");
    }

    [Fact]
    public async Task Page_IsOneValue()
    {
        (await PageAsync("defaults")).ShouldBe("true");
        (await PageAsync("everything")).ShouldBe("false");

        static async Task<string> PageAsync(string values) =>
            Settings.Environment((await Chart.RenderAsync(values)).One<V1Deployment>("gateway").Spec.Template.Spec.Containers[0])["Page__Enabled"];
    }

    [Fact]
    public async Task UploadLimit_IsOneValueForAllThatAnUploadPasses()
    {
        var release = await Chart.RenderAsync("everything"); // 40 MiB
        Settings.Environment(release.One<V1Deployment>("gateway").Spec.Template.Spec.Containers[0])["Uploads__MaxBytes"].ShouldBe($"{40 << 20}");
        Settings.Environment(release.One<V1Deployment>("inference").Spec.Template.Spec.Containers[0])["Images__MaxBytes"].ShouldBe($"{40 << 20}");
        // A third more for base64.
        release.One<V1Ingress>("gateway").Metadata.Annotations["nginx.ingress.kubernetes.io/proxy-body-size"].ShouldBe("54m");
    }

    private static IEnumerable<(string Name, V1PodTemplateSpec Template, IEnumerable<string> Claims)> Templates(Release release) =>
    [
        .. release.All<V1Deployment>().Select(d => (d.Metadata.Name, d.Spec.Template, Enumerable.Empty<string>())),
        .. release.All<V1StatefulSet>().Select(s => (s.Metadata.Name, s.Spec.Template, (s.Spec.VolumeClaimTemplates ?? []).Select(c => c.Metadata.Name))),
    ];

    private static IEnumerable<(string Name, V1PodSpec Pod, V1Container Container)> Services(Release release) =>
        release.All<V1Deployment>().Select(d => (d.Metadata.Name, d.Spec.Template.Spec, d.Spec.Template.Spec.Containers[0]));

    private static V1PodSpec Pod(Release release, IDictionary<string, string> selector) =>
        Templates(release).Single(t => selector.All(label => t.Template.Metadata.Labels[label.Key] == label.Value)).Template.Spec;

    private static IEnumerable<(string Name, IDictionary<string, string> Selector)> Selectors(Release release) =>
    [
        .. release.All<V1Deployment>().Select(d => ($"Deployment {d.Metadata.Name}", d.Spec.Selector.MatchLabels)),
        .. release.All<V1StatefulSet>().Select(s => ($"StatefulSet {s.Metadata.Name}", s.Spec.Selector.MatchLabels)),
        .. release.All<V1Service>().Select(s => ($"Service {s.Metadata.Name}", s.Spec.Selector)),
        .. release.All<V1PodDisruptionBudget>().Select(b => ($"PodDisruptionBudget {b.Metadata.Name}", b.Spec.Selector.MatchLabels)),
        .. release.All<V1NetworkPolicy>().Select(p => ($"NetworkPolicy {p.Metadata.Name}", p.Spec.PodSelector.MatchLabels)),
        .. release.All<PodMonitor>().Select(m => ($"PodMonitor {m.Metadata.Name}", m.Spec.Selector.MatchLabels)),
        .. Templates(release).SelectMany(t => (t.Template.Spec.TopologySpreadConstraints ?? []).Select(c => ($"Spread of {t.Name}", c.LabelSelector.MatchLabels))),
    ];
}
