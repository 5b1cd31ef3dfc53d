using System.IO.Compression;
using System.Xml.Linq;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Images;

/// <summary>
/// A stand-in for the CUDA package of ONNX Runtime, which the package source in use does not have. Named, numbered and laid
/// out like it; but its libonnxruntime.so is that of the CPU package, and its providers are no libraries. So it shows what
/// is restored and published and how a pod without a GPU starts, and nothing of how one with a GPU runs.
/// </summary>
internal static class GpuPackage
{
    public const string Id = "Microsoft.ML.OnnxRuntime.Gpu.Linux";

    public static string Version { get; } =
        XDocument.Load(Path.Combine(RepositoryPaths.Root, "Directory.Packages.props")).Descendants("OnnxRuntimeVersion").Single().Value;

    /// <summary>Where the package holds its libraries, and where the published program looks for them.</summary>
    public static IReadOnlyList<string> Libraries { get; } =
    [
        "runtimes/linux-x64/native/libonnxruntime.so",
        "runtimes/linux-x64/native/libonnxruntime_providers_shared.so",
        "runtimes/linux-x64/native/libonnxruntime_providers_cuda.so",
        "runtimes/linux-x64/native/libonnxruntime_providers_tensorrt.so",
    ];

    /// <summary>Packs it into a folder that can be restored from.</summary>
    public static void WriteTo(string feed)
    {
        Directory.CreateDirectory(feed);
        using var package = ZipFile.Open(Path.Combine(feed, $"{Id}.{Version}.nupkg"), ZipArchiveMode.Create);
        Write(package, $"{Id}.nuspec", $"""
            <package>
              <metadata>
                <id>{Id}</id>
                <version>{Version}</version>
                <authors>tests</authors>
                <description>A stand-in.</description>
                <dependencies><group targetFramework=".NETStandard2.0"><dependency id="Microsoft.ML.OnnxRuntime.Managed" version="{Version}" /></group></dependencies>
              </metadata>
            </package>
            """);
        foreach (var library in Libraries)
        {
            // The CPU package's lie beside these tests.
            var own = Path.Combine(AppContext.BaseDirectory, library);
            if (File.Exists(own)) package.CreateEntryFromFile(own, library, CompressionLevel.Fastest);
            else Write(package, library, "a stand-in");
        }
    }

    private static void Write(ZipArchive package, string name, string text)
    {
        using var writer = new StreamWriter(package.CreateEntry(name).Open());
        writer.Write(text);
    }
}
