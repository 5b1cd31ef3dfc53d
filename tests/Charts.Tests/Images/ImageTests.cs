using k8s.Models;
using Rembg.Charts.Tests.Charts;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>No engine runs here, so each step of the Dockerfiles is run in a folder, and what comes out is started.</summary>
public sealed class ImageTests : IDisposable
{
    private readonly string _scratch = Directory.CreateTempSubdirectory("rembg-image-").FullName;

    [Theory]
    [InlineData("gateway", "Rembg.Gateway.dll")]
    [InlineData("inference", "Rembg.Inference.dll")]
    public async Task Build_GivesAProgramThatStarts(string service, string program)
    {
        var dockerfile = Dockerfile.Read($"{service}/Dockerfile");
        var build = new ImageBuild(dockerfile, _scratch);
        await build.BuildAsync("build", new Dictionary<string, string>());

        dockerfile.Final.Instructions.Single(i => i.Name == "ENTRYPOINT").Arguments.ShouldBe($"[\"dotnet\", \"{program}\"]");
        var app = Path.Combine(build.Root("build"), "app");
        if (Directory.Exists(Path.Combine(app, "runtimes")))
            Directory.EnumerateDirectories(Path.Combine(app, "runtimes")).Select(Path.GetFileName).ShouldBeSubsetOf(["linux", "linux-x64", "unix"]);

        // It starts with the image's own variables; only ports are free ones, and the model is a tiny one.
        TinyModel.WriteTo(Path.Combine(_scratch, "tiny"));
        await using var process = ServiceProcess.Launch(Path.Combine(app, program),
            ["--Service:Address=127.0.0.1", "--Service:Port=0", "--Service:ManagementPort=0", $"--Models:Directory={_scratch}/tiny", "--Models:Names=tiny", "--Pods:Addresses:0=http://127.0.0.1:1"],
            Dockerfile.Environment(dockerfile.Final));
        await Eventually.TrueAsync(() => process.HasExited || process.Log.Contains("Now listening on", StringComparison.Ordinal), $"{program} listened", TimeSpan.FromMinutes(1));
        process.HasExited.ShouldBeFalse(process.Log);
    }

    [Fact]
    public async Task ModelsStage_MayBakeInNone()
    {
        var dockerfile = Dockerfile.Read("inference/Dockerfile");
        var build = new ImageBuild(dockerfile, _scratch);
        await build.BuildAsync("models", new Dictionary<string, string> { ["MODELS"] = "" });
        Directory.EnumerateFileSystemEntries(Path.Combine(build.Root("models"), "src", "models", "prepared")).ShouldBeEmpty();
    }

    [Fact]
    public async Task ModelsStage_BakesInTheDefaultModel()
    {
        var build = new ImageBuild(Dockerfile.Read("inference/Dockerfile"), _scratch);
        await build.BuildAsync("models", new Dictionary<string, string>());
        Directory.EnumerateFiles(Path.Combine(build.Root("models"), "src", "models", "prepared")).Select(Path.GetFileName)
            .ShouldBe(["isnet-general-use.json", "isnet-general-use.onnx"], ignoreOrder: true);
    }

    [Theory]
    [InlineData("gateway", "defaults")]
    [InlineData("inference", "defaults")]
    [InlineData("inference", "cuda")]
    public async Task Image_FitsTheChart(string service, string values)
    {
        var final = Dockerfile.Read($"{service}/Dockerfile").Final;
        var pod = (await Chart.RenderAsync(values)).One<V1Deployment>(service).Spec.Template.Spec;
        var environment = Dockerfile.Environment(final);

        final.Instructions.Single(i => i.Name == "USER").Arguments.ShouldBe($"{pod.SecurityContext.RunAsUser}");
        final.Instructions.Single(i => i.Name == "EXPOSE").Words.ShouldBe(pod.Containers[0].Ports.Select(p => $"{p.ContainerPort}"));
        environment["Service__Port"].ShouldBe(Settings.Environment(pod.Containers[0])["Service__Port"]);
        if (service == "inference") environment["Models__Directory"].ShouldBe(Settings.Environment(pod.Containers[0])["Models__Directory"]);
        Settings.Complaints(service == "gateway" ? typeof(Gateway.Program).Assembly : typeof(Inference.Program).Assembly, environment).ShouldBeEmpty();
    }

    [Fact]
    public void BuildContext_HoldsSourcesAlone()
    {
        BuildContext.Files.Select(file => file.Split('/')[0]).Distinct().Order(StringComparer.Ordinal).ShouldBe(
            [".editorconfig", "BannedSymbols.txt", "Directory.Build.props", "Directory.Packages.props", "contract", "gateway", "global.json", "inference", "models"], ignoreOrder: true);
        BuildContext.Files.Where(file => file.StartsWith("models/", StringComparison.Ordinal)).ShouldAllBe(file => file == "models/manifest.json" || file.StartsWith("models/tool/", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_scratch, recursive: true);
}
