using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>
/// inference/Dockerfile, stepped through with ACCELERATOR=cuda. It stands in for what is not to be had here: the CUDA package,
/// the CUDA base (a folder with one library) and the image that the runtime is copied from (this machine's). What the
/// models stage bakes in is shown elsewhere; here it is a tiny model.
/// </summary>
public sealed class CudaImage : IAsyncLifetime
{
    public const string CudaLibrary = "usr/local/cuda/lib64/libcudart.so";

    private readonly string _scratch = Directory.CreateTempSubdirectory("rembg-cuda-image-").FullName;
    private ImageBuild _build = null!;

    internal Dockerfile Dockerfile { get; } = Dockerfile.Read("inference/Dockerfile");

    /// <summary>The files of the finished image.</summary>
    public string Root => _build.Root("final");

    /// <summary>The sources as the build stage has them, with what it restored.</summary>
    public string Sources => Path.Combine(_build.Root("build"), "src");

    public async Task InitializeAsync()
    {
        _build = new(Dockerfile, _scratch, new Dictionary<string, string>
        {
            ["RestoreAdditionalProjectSources"] = Path.Combine(_scratch, "feed"),
            // The stand-in must not get into this machine's packages, under a real package's name; those are read only.
            ["NUGET_PACKAGES"] = Path.Combine(_scratch, "packages"),
            ["NUGET_FALLBACK_PACKAGES"] = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
        });
        GpuPackage.WriteTo(Path.Combine(_scratch, "feed"));
        TinyModel.WriteTo(Path.Combine(_build.Root("models"), "src", "models", "prepared"));
        var cuda = Path.Combine(_build.Root(Dockerfile.Arguments["CUDA_BASE"]), CudaLibrary);
        Directory.CreateDirectory(Path.GetDirectoryName(cuda)!);
        await File.WriteAllTextAsync(cuda, "a stand-in");
        CopyRuntime(Path.Combine(_build.Root("dotnet"), "usr", "share", "dotnet"));

        await _build.BuildAsync("final", new Dictionary<string, string> { ["ACCELERATOR"] = "cuda" });
    }

    /// <summary>Starts the image's entry point with its own runtime and variables; only address and ports are others, and below the folder.</summary>
    public ServiceProcess Start(string provider) => ServiceProcess.Launch(Path.Combine(Root, "app", "Rembg.Inference.dll"),
        ["--Service:Address=127.0.0.1", "--Service:Port=0", "--Service:ManagementPort=0", $"--Models:Directory={Root}/models", "--Models:Names=tiny", $"--Models:Provider={provider}"],
        Dockerfile.Environment(Dockerfile.Final), Path.Combine(Root, "usr", "share", "dotnet", "dotnet"));

    // The running one's: .../shared/Microsoft.NETCore.App/VERSION/.
    private static void CopyRuntime(string target)
    {
        var source = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        Files.Copy(Path.Combine(source, "dotnet"), Path.Combine(target, "dotnet"));
        foreach (var folder in new[] { "host", "shared" }) Files.CopyFolder(Path.Combine(source, folder), Path.Combine(target, folder));
    }

    public Task DisposeAsync()
    {
        Directory.Delete(_scratch, recursive: true);
        return Task.CompletedTask;
    }
}
