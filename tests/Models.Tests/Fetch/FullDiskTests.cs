using CliWrap;
using CliWrap.Buffered;
using Google.Protobuf;
using Rembg.Testing;

namespace Rembg.Models.Tests.Fetch;

/// <summary>
/// A disk without room for the model. Its size is that of the largest file the process may write (<c>ulimit -f</c>), which
/// needs no rights to mount anything and fails the same write calls, in the middle of a file.
/// </summary>
public sealed class FullDiskTests : IDisposable
{
    private const int TooLittleKiB = 100, EnoughKiB = 250;
    private static readonly byte[] Published = Large();
    private readonly ModelsDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task DiskFullWhileDownloading_IsSaid_AndTheNextRunGoesOn()
    {
        await using var server = await FileServer.StartAsync(Published);
        _directory.Declare(new { kind = "url", url = server.Url, checksum = ModelsDirectory.Sha256(Published) });

        await FailsAsync();
        await FailsAsync(); // what lies there is taken for the beginning, never for the whole
        await SucceedsAsync();

        server.Ranges.ShouldBe(["", $"bytes={TooLittleKiB << 10}-", $"bytes={TooLittleKiB << 10}-"]);
    }

    [Fact]
    public async Task DiskFullWhileUnpacking_IsSaid_AndTheNextRunStartsOver()
    {
        _directory.Declare(new { kind = "npm", package = "package@1.0.0", resource = NpmPackage.Resource, checksum = ModelsDirectory.Sha256(Published) });
        var package = NpmPackage.Write(_directory.Root, Published, chunkBytes: 10_000);
        var npm = Path.Combine(Directory.CreateDirectory(Path.Combine(_directory.Root, "bin")).FullName, "npm");
        await File.WriteAllTextAsync(npm, $"#!/bin/sh\n/bin/cp {package} \"$5\"\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(npm, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        await FailsAsync();
        Directory.Exists(Path.Combine(_directory.Root, "cache", "small.scratch")).ShouldBeFalse("the package itself takes the most room");
        await SucceedsAsync();
    }

    [Fact]
    public async Task DiskFullWhilePreparing_IsSaid_AndNothingHalfDoneIsTakenForReady()
    {
        _directory.Declare(new { kind = "url", url = "http://127.0.0.1:9/never-asked", checksum = ModelsDirectory.Sha256(Published) });
        Directory.CreateDirectory(Path.GetDirectoryName(_directory.Cached)!);
        await File.WriteAllBytesAsync(_directory.Cached, Published);

        await FailsAsync();
        await SucceedsAsync();
    }

    private async Task FailsAsync()
    {
        var run = await RunAsync(TooLittleKiB);
        run.ExitCode.ShouldBe(1, run.StandardError);
        run.StandardError.Trim().Split('\n')[^1].ShouldStartWith("Rembg.Models: ");
        run.StandardError.ShouldContain("Put that right and run this again.");
        run.StandardError.ShouldNotContain("   at ");
        File.Exists(_directory.Prepared).ShouldBeFalse();
        File.Exists(_directory.Description).ShouldBeFalse("who finds it takes the model for ready");
    }

    private async Task SucceedsAsync()
    {
        var run = await RunAsync(EnoughKiB);
        run.ExitCode.ShouldBe(0, run.StandardError);
        (await File.ReadAllBytesAsync(_directory.Cached)).ShouldBe(Published);
        _directory.Cache().ShouldBe(["small.onnx"]);
        File.Exists(_directory.Description).ShouldBeTrue();
    }

    private async Task<BufferedCommandResult> RunAsync(int diskKiB) =>
        // The signal that goes with this limit would end the process before the write could fail; the runtime's own
        // mapping of code through a file would meet the limit too.
        await Cli.Wrap("bash")
            .WithArguments(["-c", """trap '' XFSZ; ulimit -f "$1"; exec dotnet "$2" --models "$3" small""", "bash", $"{diskKiB}", RepositoryPaths.Dll("Rembg.Models"), _directory.Root])
            .WithEnvironmentVariables(variables => variables
                .Set("DOTNET_EnableWriteXorExecute", "0")
                .Set("PATH", $"{Path.Combine(_directory.Root, "bin")}:{Environment.GetEnvironmentVariable("PATH")}"))
            .WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync();

    /// <summary>200 kB of model, which a package compresses to less than the small disk.</summary>
    private static byte[] Large()
    {
        var model = PublishedModel.Build();
        model.ProducerName = string.Concat(Enumerable.Range(0, 4_000).Select(number => $"{number,50}"));
        return model.ToByteArray();
    }
}
