using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using Rembg.Gateway.Tests.Clients;
using Rembg.Gateway.Tests.Fetching;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

/// <summary>
/// The npm packages remove.bg 1.3.0 and removebg-wrapper 1.0.3, unchanged, and the vendor's samples for axios and node's fetch, against our
/// gateway. The packages' address is fixed in their code; see redirect.cjs.
/// </summary>
public sealed class RemoveBgClientIntegrationTests : IAsyncLifetime
{
    private static readonly string Scripts = Path.Combine(RepositoryPaths.Root, "tests/Gateway.Tests/Compatibility/RemoveBgClient");
    private static readonly string Modules = Path.Combine(RepositoryPaths.Root, ".tools/remove-bg-client/node_modules");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("remove-bg-client-");
    private readonly TestKey _key = TestKey.Create();
    private FakePod _pod = null!;
    private GatewayApp _gateway = null!;
    private OriginServer _origin = null!;

    public async Task InitializeAsync()
    {
        Directory.Exists(Modules).ShouldBeTrue($"run {Scripts}/install.sh, as test.sh does");
        _pod = await FakePod.StartAsync();
        _origin = await OriginServer.StartAsync("127.0.0.1");
        _origin.Serve("/photo.jpg", Images.Jpeg());
        _gateway = await GatewayApp.StartAsync([_pod], [.. TestKey.Settings(_key), "Fetching:AllowedNetworks:0=127.0.0.1", $"Fetching:AllowedPorts:0={_origin.Port}"]);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _origin.DisposeAsync();
        await _pod.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("FILE")]
    [InlineData("BASE64")]
    [InlineData("URL")]
    public async Task Photo_IsCutOutAndItsHeadersAreUnderstood(string way)
    {
        var answer = (await RunAsync(_key.Text, way, """{"size":"full","type":"person","bg_color":"00ff00"}""")).GetProperty("resolved");

        (string, string)[] expected =
        [
            ("creditsCharged", "0"), ("detectedType", "person"), ("resultWidth", "40"), ("resultHeight", "30"), ("rateLimit", "300"), ("rateLimitRemaining", "299"),
        ];
        foreach (var (name, value) in expected) answer.GetProperty(name).GetString().ShouldBe(value, name);
        var run = _pod.Requests.ShouldHaveSingleItem();
        run.Image.ShouldBe(Images.Jpeg());
        run.Query.ShouldBe("?model=model-a&format=jpg&bg_color=00ff00ff");
        var saved = await File.ReadAllBytesAsync(Path.Combine(_directory.FullName, "out"));
        saved.Length.ShouldBe(1000);
        saved[..3].ShouldBe([0xFF, 0xD8, 0xFF]);
    }

    [Fact]
    public async Task EveryLayoutOption_ReachesThePod()
    {
        var answer = await RunAsync(_key.Text, "FILE",
            """{"size":"full","type":"car","crop":true,"crop_margin":"10%","roi":"0% 0% 50% 100%","scale":"80%","position":"0% 100%","add_shadow":true}""");

        answer.TryGetProperty("resolved", out _).ShouldBeTrue(answer.ToString());
        Uri.UnescapeDataString(_pod.Requests.ShouldHaveSingleItem().Query).ShouldBe(
            "?model=model-a&roi=0px 0px 50% 100%&crop=true&crop_margin=10% 10% 10% 10%&scale=80%&position=0% 100%&shadow=drop&shadow_opacity=90");
    }

    [Theory]
    [InlineData("axios", "no-bg.png")]
    [InlineData("fetch", "no-bg.png")]
    [InlineData("removebg-wrapper", "output.png")]
    public async Task SampleOrOtherClient_SavesThePicture(string client, string output)
    {
        var photo = await SavePhotoAsync();

        var run = await NodeAsync(_directory.FullName, Path.Combine(Scripts, "samples.cjs"), client, photo, _key.Text);

        run.StandardError.ShouldBeEmpty();
        (await File.ReadAllBytesAsync(Path.Combine(_directory.FullName, output)))[..4].ShouldBe([0x89, (byte)'P', (byte)'N', (byte)'G'], client);
        _pod.Requests.ShouldHaveSingleItem().Image.ShouldBe(Images.Jpeg());
    }

    [Fact]
    public async Task Refusals_AreUnderstood()
    {
        (await RunAsync("wrong", "FILE")).GetProperty("rejected")[0].GetProperty("code").GetString().ShouldBe("auth_failed");
        (await RunAsync(_key.Text, "BASE64", """{"scale":"5%"}""")).GetProperty("rejected")[0].GetProperty("code").GetString().ShouldBe("invalid_scale");
    }

    private async Task<JsonElement> RunAsync(string key, string way, string options = "{}")
    {
        var photo = way == "URL" ? $"http://127.0.0.1:{_origin.Port}/photo.jpg" : await SavePhotoAsync();
        var run = await NodeAsync(Scripts, "remove.cjs", photo, Path.Combine(_directory.FullName, "out"), key, way, options);
        return JsonElement.Parse(run.StandardOutput);
    }

    private async Task<string> SavePhotoAsync()
    {
        var photo = Path.Combine(_directory.FullName, "photo.jpg");
        await File.WriteAllBytesAsync(photo, Images.Jpeg());
        return photo;
    }

    private async Task<BufferedCommandResult> NodeAsync(string directory, params string[] arguments) => await Cli.Wrap("node")
        .WithArguments(["--require", Path.Combine(Scripts, "redirect.cjs"), .. arguments])
        .WithWorkingDirectory(directory)
        .WithEnvironmentVariables(variables => variables.Set("NODE_PATH", Modules).Set("NODE_NO_WARNINGS", "1").Set("GATEWAY", _gateway.Client.BaseAddress!.ToString()))
        .ExecuteBufferedAsync();
}
