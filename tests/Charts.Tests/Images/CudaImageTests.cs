using System.Text.Json.Nodes;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>The inference image for GPUs, as far as it can be shown without one.</summary>
public sealed class CudaImageTests(CudaImage image) : IClassFixture<CudaImage>
{
    [Fact]
    public void App_HoldsTheProviders_AndOneRuntime() =>
        Directory.EnumerateFiles(Path.Combine(image.Root, "app"), "libonnxruntime*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Path.Combine(image.Root, "app"), file)).ShouldBe(GpuPackage.Libraries, ignoreOrder: true);

    [Fact]
    public void Image_IsTheCudaBase_WithDotnetOnItsPath_AndTheModels()
    {
        File.Exists(Path.Combine(image.Root, CudaImage.CudaLibrary)).ShouldBeTrue();
        var path = Dockerfile.Environment(image.Dockerfile.Stages.Single(stage => stage.Name == "runtime-cuda"))["PATH"].Split(':');
        path.Length.ShouldBe(2);
        path[1].ShouldBe("$PATH");
        File.Exists($"{image.Root}{path[0]}/dotnet").ShouldBeTrue();
        File.Exists($"{image.Root}{Dockerfile.Environment(image.Dockerfile.Final)["Models__Directory"]}/tiny.onnx").ShouldBeTrue();
    }

    [Fact]
    public void Packages_AreTheCpuImages_ButForOnnxRuntimesLibraries()
    {
        var locked = JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryPaths.Root, "inference", "packages.lock.json")))!["dependencies"]!["net10.0"]!.AsObject()
            .Where(package => package.Value!["type"]!.GetValue<string>() != "Project" && package.Key != "Microsoft.ML.OnnxRuntime")
            .Select(package => $"{package.Key}/{package.Value!["resolved"]} {package.Value["contentHash"]}");
        var restored = JsonNode.Parse(File.ReadAllText(Path.Combine(image.Sources, "artifacts", "obj", "Rembg.Inference", "project.assets.json")))!["libraries"]!.AsObject()
            .Where(library => library.Value!["type"]!.GetValue<string>() == "package").ToList();

        restored.Select(library => library.Key).ShouldContain($"{GpuPackage.Id}/{GpuPackage.Version}");
        restored.Where(library => !library.Key.StartsWith(GpuPackage.Id, StringComparison.Ordinal))
            .Select(library => $"{library.Key} {library.Value!["sha512"]}").ShouldBe(locked, ignoreOrder: true);
    }

    [Theory]
    [InlineData("Cuda")]
    [InlineData("TensorRt")]
    public async Task NoGpu_EndsThePodWithOneClearMessage(string provider)
    {
        await using var pod = image.Start(provider);
        (await pod.ExitAsync()).ShouldNotBe(0);
        pod.Log.ShouldContain($"Models:Provider is {provider}, but this process cannot use it");
        pod.Log.ShouldNotContain("   at ", Case.Sensitive, "a line for the operator, no stack trace");
    }

    [Theory]
    [InlineData("Auto")]
    [InlineData("Cpu")]
    public async Task NoGpuWanted_PodGetsReadyOnTheCpu(string provider)
    {
        await using var pod = image.Start(provider);
        await pod.ListeningAsync();
        await pod.ReadyAsync();
        using var http = new HttpClient { BaseAddress = pod.Address };
        (await http.GetStringAsync("/v1/models")).ShouldContain("\"provider\":\"cpu\"");
    }

    [Fact]
    public void DefaultRestore_NeverTouchesTheCudaPackage()
    {
        // The CPU's images are restored exactly as these say.
        var locks = Directory.EnumerateFiles(RepositoryPaths.Root, "packages.lock.json", SearchOption.AllDirectories).ToList();
        locks.Count.ShouldBeGreaterThan(5);
        locks.ShouldAllBe(file => !File.ReadAllText(file).Contains("OnnxRuntime.Gpu", StringComparison.OrdinalIgnoreCase));
    }
}
