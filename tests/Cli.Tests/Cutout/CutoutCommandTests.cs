using System.CommandLine;
using System.Diagnostics;
using Rembg.Contract.Cutouts;
using Rembg.Testing;

namespace Rembg.Cli.Tests.Cutout;

/// <summary>The command against a real gateway and pod.</summary>
public sealed class CutoutCommandTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new(), _errors = new();
    private Testing.Platform _platform = null!;

    public async Task InitializeAsync() => _platform = await Testing.Platform.StartAsync();

    public async Task DisposeAsync() => await _platform.DisposeAsync();

    public void Dispose()
    {
        _folder.Dispose();
        _output.Dispose();
        _errors.Dispose();
    }

    [Fact]
    public async Task Folder_HasItsCutouts_AndNamesTheImageThatHasNone()
    {
        foreach (var name in Photos.Names) File.Copy(Photos.Path(name), _folder[name]);
        await File.WriteAllTextAsync(_folder["broken.jpg"], "not a picture");

        (await RunAsync("cutout", _folder.Path, _folder["out"], "--format", "webp")).ShouldBe(1);

        Directory.GetFiles(_folder["out"]).Select(Path.GetFileName).Order().ShouldBe(["astronaut.webp", "chelsea.webp", "coffee.webp", "rocket.webp"]);
        (await File.ReadAllBytesAsync(_folder["out/rocket.webp"]))[8..12].ShouldBe("WEBP"u8.ToArray());
        _errors.ToString().ShouldContain("broken.jpg: ");
        _errors.ToString().ShouldContain("4 cutouts, 1 failed");
    }

    [Fact]
    public async Task SkipExisting_LeavesWhatIsThere()
    {
        File.Copy(Photos.Path("rocket.jpg"), _folder["rocket.jpg"]);
        await File.WriteAllTextAsync(_folder["rocket.cutout.png"], "made before");

        (await RunAsync("cutout", _folder.Path, "--skip-existing")).ShouldBe(0);
        (await File.ReadAllTextAsync(_folder["rocket.cutout.png"])).ShouldBe("made before");

        (await RunAsync("cutout", _folder.Path)).ShouldBe(0);
        (await File.ReadAllBytesAsync(_folder["rocket.cutout.png"]))[1..4].ShouldBe("PNG"u8.ToArray());
        _folder.Names.ShouldBe(["rocket.cutout.png", "rocket.jpg"], "nothing half-written is left");
    }

    [Fact]
    public async Task Watch_GoesOnWithWhatComes_UntilItIsStopped()
    {
        using var stop = new CancellationTokenSource();
        var running = Program.RunAsync(["cutout", _folder.Path, _folder["out"], "--watch", "--server", $"{_platform.Gateways[0].Address}"], Io, stop.Token);
        File.Copy(Photos.Path("rocket.jpg"), _folder["rocket.jpg"]);

        await Eventually.TrueAsync(() => File.Exists(_folder["out/rocket.png"]), "the image that came has its cutout");
        await stop.CancelAsync();
        (await running).ShouldBe(130);
    }

    [Fact]
    public async Task ExtensionOfTheOutput_IsTheFormat()
    {
        (await RunAsync("cutout", Photos.Path("rocket.jpg"), _folder["new/a.jpg"], "--bg-color", "red")).ShouldBe(0);
        (await File.ReadAllBytesAsync(_folder["new/a.jpg"]))[..2].ShouldBe([0xFF, 0xD8]);
    }

    [Fact]
    public async Task StandardInput_BecomesStandardOutput()
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardInput = true, RedirectStandardOutput = true, ArgumentList = { typeof(Program).Assembly.Location, "cutout", "-", "--server", $"{_platform.Gateways[0].Address}" } };
        using var process = Process.Start(start)!;
        await process.StandardInput.BaseStream.WriteAsync(Photos.Rocket);
        process.StandardInput.Close();
        using var cutout = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(cutout);
        await process.WaitForExitAsync();

        process.ExitCode.ShouldBe(0);
        using var form = new ByteArrayContent(Photos.Rocket);
        using var answer = await _platform.Http.PostAsync("/v1/remove-background", form);
        cutout.ToArray().ShouldBe(await answer.Content.ReadAsByteArrayAsync());
    }

    [Theory]
    [InlineData("bg_color must be", "--bg-color", "reddish")]
    [InlineData("cannot be combined", "--channels", "alpha", "--bg-color", "red")]
    [InlineData("--watch takes a folder", "--watch")]
    [InlineData("--parallel must be 1 to 64", "--parallel", "0")]
    public async Task WrongOption_IsNamed_AndNothingIsAsked(string expected, params string[] options)
    {
        (await RunAsync(["cutout", Photos.Path("rocket.jpg"), _folder["a.png"], .. options])).ShouldBe(2);

        _errors.ToString().ShouldContain(expected);
        _folder.Names.ShouldBeEmpty();
    }

    [Fact]
    public async Task ServerThatIsNotThere_IsNamed()
    {
        (await RunAtAsync("http://127.0.0.1:1")).ShouldBe(1);
        _errors.ToString().ShouldContain("rocket.jpg: http://127.0.0.1:1/ does not answer");
    }

    [Theory]
    [InlineData("localhost:7000")]
    [InlineData("ftp://host")]
    [InlineData("")]
    public async Task ServerThatIsNoUrl_IsRefused(string server)
    {
        (await RunAtAsync(server)).ShouldBe(2);
        _errors.ToString().ShouldContain("--server must be");
    }

    [Fact]
    public async Task Local_GivesWhatAServerGives()
    {
        File.Copy(Photos.Path("rocket.jpg"), _folder["rocket.jpg"]);
        TinyModel.WriteTo(_folder["models"]);

        (await RunAsync("cutout", _folder["rocket.jpg"], _folder["server.png"], "--size", "preview")).ShouldBe(0);
        (await Testing.Command.RunAsync("dotnet", typeof(Program).Assembly.Location, "cutout", _folder["rocket.jpg"], _folder["local.png"], "--size", "preview", "--local", "--models-directory", _folder["models"], "--model", "tiny"))
            .ShouldBe("", "nothing went wrong, so nothing is said");

        (await File.ReadAllBytesAsync(_folder["local.png"])).ShouldBe(await File.ReadAllBytesAsync(_folder["server.png"]));
    }

    [Fact]
    public async Task LocalWithoutTheModel_SaysWhereToGetIt()
    {
        (await RunAsync("cutout", Photos.Path("rocket.jpg"), _folder["a.png"], "--local", "--models-directory", _folder.Path)).ShouldBe(2);
        _errors.ToString().ShouldContain("models fetch");
    }

    [Fact]
    public async Task Help_HasEveryOptionOfTheApi()
    {
        (await Program.RunAsync(["cutout", "--help"], Io, CancellationToken.None)).ShouldBe(0);
        foreach (var option in CutoutOption.All) _output.ToString().ShouldContain($"--{option.Name.Replace('_', '-')} ");
    }

    private InvocationConfiguration Io => new() { Output = _output, Error = _errors };

    private Task<int> RunAsync(params string[] args) => Program.RunAsync([.. args, "--server", $"{_platform.Gateways[0].Address}"], Io, CancellationToken.None);

    private Task<int> RunAtAsync(string server) =>
        Program.RunAsync(["cutout", Photos.Path("rocket.jpg"), _folder["a.png"], "--server", server, "--give-up-after", "00:00:00"], Io, CancellationToken.None);
}
