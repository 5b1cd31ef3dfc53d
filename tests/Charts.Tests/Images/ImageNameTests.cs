using System.Text.RegularExpressions;
using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>The build commands that the Dockerfiles and the docs give make the very images that the chart asks for.</summary>
public sealed partial class ImageNameTests
{
    [Theory]
    [InlineData("defaults", "gateway", "")]
    [InlineData("defaults", "inference", "")]
    [InlineData("cuda", "inference", "cuda")]
    [InlineData("cuda-by-one-value", "inference", "cuda")]
    public async Task ChartsImage_IsMadeByTheCommandsGiven(string values, string service, string accelerator)
    {
        var image = (await Chart.RenderAsync(values)).One<V1Deployment>(service).Spec.Template.Spec.Containers[0].Image;
        foreach (var text in new[] { $"{service}/Dockerfile", "docs/installing.md" })
        {
            var commands = BuildCommand().Matches(await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, text)));
            commands.ShouldContain(command => command.Groups["file"].Value == $"{service}/Dockerfile" && command.Groups["image"].Value == image
                && command.Groups["accelerator"].Value == accelerator, $"{text}: {image}");
        }
    }

    [GeneratedRegex(@"docker build -f (?<file>\S+) +-t (REGISTRY/)?(?<image>\S+)( --build-arg ACCELERATOR=(?<accelerator>\w+))? \.")]
    private static partial Regex BuildCommand();
}
