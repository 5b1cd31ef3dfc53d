using k8s;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>skaffold.yaml, read as strictly as Skaffold does: what it names is there, and each of its profiles installs.</summary>
public sealed class SkaffoldTests
{
    private static readonly SkaffoldConfig Config = SkaffoldConfig.Read();

    public static TheoryData<string> Profiles => ["", .. Config.Profiles.Select(profile => profile.Name)];

    [Fact]
    public void Profiles_AreThoseOfTheDocs()
    {
        Config.ApiVersion.ShouldMatch(@"^skaffold/v4beta(1[0-9]|[2-9][0-9])$", "Skaffold 2.10 or newer");
        Config.Kind.ShouldBe("Config");
        Config.Profiles.Select(profile => profile.Name).ShouldBe(["local", "cuda", "production"]);
    }

    [Fact]
    public void MisspeltField_IsNoticed() =>
        Should.Throw<Exception>(() => KubernetesYaml.Deserialize<SkaffoldConfig>("apiVersion: skaffold/v4beta13\nkind: Config\nmetadata: {name: x}\nbuilds: {}", strict: true))
            .ToString().ShouldContain("builds");

    [Theory, MemberData(nameof(Profiles))]
    public void Artifacts_AreBuiltByDockerfilesThatTakeTheirArguments(string profile)
    {
        foreach (var artifact in Config.With(profile).Build.Artifacts)
        {
            // From the root of the repository, as .dockerignore has it.
            Directory.Exists(Path.Combine(RepositoryPaths.Root, artifact.Context)).ShouldBeTrue();
            Path.GetFullPath(Path.Combine(RepositoryPaths.Root, artifact.Context)).TrimEnd('/').ShouldBe(RepositoryPaths.Root.TrimEnd('/'));
            var arguments = File.ReadLines(Path.Combine(RepositoryPaths.Root, artifact.Docker.Dockerfile))
                .Where(line => line.StartsWith("ARG ", StringComparison.Ordinal)).Select(line => line[4..].Split('=')[0]).ToList();
            artifact.Docker.BuildArgs.Keys.ShouldBeSubsetOf(arguments, artifact.Image);
        }
    }

    [Theory, MemberData(nameof(Profiles))]
    public async Task Release_RendersWithTheImagesThatWereBuilt(string profile)
    {
        var config = Config.With(profile);
        var helm = config.Deploy.Helm.Releases.ShouldHaveSingleItem();
        Path.GetFullPath(Path.Combine(RepositoryPaths.Root, helm.ChartPath)).ShouldBe(Chart.Folder);
        // Skaffold puts in what it built: {{.IMAGE_REPO_name}}, the name with underscores.
        var built = config.Build.Artifacts.SelectMany(artifact => new[] { "REPO", "TAG" }.Select(part => (Template: $"{{{{.IMAGE_{part}_{artifact.Image.Replace('-', '_')}}}}}", Value: $"{part.ToLowerInvariant()}-of-{artifact.Image}"))).ToDictionary(p => p.Template, p => p.Value);
        helm.SetValueTemplates.Values.ShouldBe(built.Keys, ignoreOrder: true);

        var release = await Chart.RenderAsync(
        [
            .. helm.ValuesFiles.SelectMany(file => new[] { "--values", Path.Combine(RepositoryPaths.Root, file) }),
            .. helm.SetValueTemplates.SelectMany(value => new[] { "--set", $"{value.Key}={built[value.Value]}" }),
        ]);

        foreach (var service in new[] { "gateway", "inference" })
            release.One<V1Deployment>(service).Spec.Template.Spec.Containers[0].Image.ShouldBe($"repo-of-rembg-{service}:tag-of-rembg-{service}");
        // The image's accelerator is the chart's.
        var accelerator = config.Build.Artifacts.Single(artifact => artifact.Image == "rembg-inference").Docker.BuildArgs["ACCELERATOR"];
        Settings.Environment(release.One<V1Deployment>("inference").Spec.Template.Spec.Containers[0])["Models__Provider"].ToLowerInvariant().ShouldBe(accelerator);
        config.Build.Local.Push.ShouldBe(profile == "production");
        config.Deploy.StatusCheckDeadlineSeconds.ShouldBeGreaterThan(release.One<V1Deployment>("inference").Spec.Template.Spec.Containers[0].StartupProbe.FailureThreshold!.Value * 2);
    }

    [Fact]
    public async Task ForwardedPort_IsThatOfTheGatewaysService()
    {
        var (forward, helm) = (Config.PortForward.ShouldHaveSingleItem(), Config.Deploy.Helm.Releases[0]);
        var service = (await Chart.RenderAsync("local")).One<V1Service>("gateway");
        (forward.ResourceType, forward.ResourceName, forward.Namespace, forward.Port).ShouldBe(("service", $"{helm.Name}-gateway", helm.Namespace, service.Spec.Ports[0].Port));
        helm.Name.ShouldBe("rembg", "the name that the chart is rendered under here");
        helm.CreateNamespace.ShouldBeTrue();
    }
}
