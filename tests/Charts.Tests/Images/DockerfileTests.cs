using System.Text.RegularExpressions;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>What can be checked in the Dockerfiles without an engine. The release workflow builds them.</summary>
public sealed partial class DockerfileTests
{
    [Theory, InlineData("gateway"), InlineData("inference")]
    public void CopiedPaths_Exist(string service)
    {
        var sources = Copy().Matches(Text(service)).SelectMany(copy => copy.Groups[1].Value.Split(' ')[..^1]).ToList();

        sources.ShouldNotBeEmpty();
        sources.Where(source => !Path.Exists(Path.Combine(RepositoryPaths.Root, source))).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("gateway", "gateway/packages.lock.json")]
    [InlineData("inference", "inference/packages.lock.json")]
    [InlineData("inference", "inference/packages.cuda.lock.json")]
    public void Restore_TakesThePackagesOfTheLockFile(string service, string lockFile)
    {
        var beforeRestore = Text(service).Split("RUN dotnet restore")[0];

        beforeRestore.ShouldContain("ENV CI=true", Case.Sensitive, "CI=true turns the locked restore on (Directory.Build.props)");
        beforeRestore.ShouldContain(lockFile);
        beforeRestore.ShouldContain("contract/packages.lock.json");
        Text(service).ShouldContain($"RUN dotnet publish {service}/Rembg.{char.ToUpperInvariant(service[0])}{service[1..]}.csproj -c Release --no-restore");
    }

    [Theory]
    [InlineData("gateway", "defaults")]
    [InlineData("inference", "defaults")]
    [InlineData("inference", "cuda")]
    public async Task UserPortsAndModels_AreThoseOfTheChart(string service, string values)
    {
        var pod = (await Chart.RenderAsync(values)).One<V1Deployment>(service).Spec.Template.Spec;
        var environment = Settings.Environment(pod.Containers[0]);

        Text(service).ShouldContain($"\nUSER {pod.SecurityContext.RunAsUser}\n");
        Text(service).ShouldContain($"\nEXPOSE {string.Join(' ', pod.Containers[0].Ports.Select(port => port.ContainerPort))}\n");
        Text(service).ShouldContain($"Service__Port={environment["Service__Port"]} ");
        if (service == "inference") Text(service).ShouldContain($"Models__Directory={environment["Models__Directory"]} ");
    }

    private static string Text(string service) => File.ReadAllText(Path.Combine(RepositoryPaths.Root, service, "Dockerfile"));

    /// <summary>From the build context, not from another stage.</summary>
    [GeneratedRegex(@"^COPY (?!--)(.+)$", RegexOptions.Multiline)]
    private static partial Regex Copy();
}
