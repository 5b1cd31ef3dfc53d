using System.Text.Json;
using CliWrap;
using CliWrap.Buffered;
using Rembg.Gateway.Tests.Clients;
using Rembg.Gateway.Tests.Fetching;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Compatibility;

/// <summary>The real curl, with the lines that the documentation of each API shows.</summary>
public sealed class CurlIntegrationTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("curl-");
    private readonly TestKey _key = TestKey.Create();
    private FakePod _pod = null!;
    private GatewayApp _gateway = null!;
    private OriginServer _origin = null!;

    public async Task InitializeAsync()
    {
        _pod = await FakePod.StartAsync();
        _origin = await OriginServer.StartAsync("127.0.0.1");
        _origin.Serve("/photo.jpg", Images.Jpeg());
        _gateway = await GatewayApp.StartAsync([_pod], [.. TestKey.Settings(_key), "Fetching:AllowedNetworks:0=127.0.0.1", $"Fetching:AllowedPorts:0={_origin.Port}"]);
        // Above 1 MiB curl asks with Expect: 100-continue before it sends.
        await File.WriteAllBytesAsync(Path.Combine(_directory.FullName, "photo.jpg"), Images.Jpeg(1_200_000));
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "body.json"), JsonSerializer.Serialize(new { image_file_b64 = Images.Jpeg(), size = "hd" }));
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _origin.DisposeAsync();
        await _pod.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("-F file=@photo.jpg {host}/v1/remove-background", "")]
    [InlineData("--data-binary @photo.jpg {host}/v1/remove-background?format=webp", "format=webp")]
    [InlineData("-F image_url={origin}/photo.jpg {host}/v1/remove-background", "")]
    [InlineData("-s -F file=@photo.jpg {host}/api/remove", "")]
    [InlineData("-s {host}/api/remove?url={origin}/photo.jpg", "")]
    [InlineData("-s -F file=@photo.jpg -F om=true -F ppm=true {host}/api/remove", "channels=alpha&post_process_mask=true")]
    [InlineData("-s -F file=@photo.jpg {host}/api/remove?bgc=0,0,0,255", "bg_color=000000ff")]
    [InlineData("-F image_file=@photo.jpg -F size=auto -f {host}/v1.0/removebg", "")]
    [InlineData("-F image_url={origin}/photo.jpg -F size=auto -f {host}/v1.0/removebg", "")]
    [InlineData("-H Content-Type:application/json -d @body.json -f {host}/v1.0/removebg", "size=hd")]
    public async Task DocumentedLine_GivesThePicture(string line, string asked)
    {
        var run = await CurlAsync(line);

        run.StandardOutput.ShouldBe("200");
        _pod.Requests.ShouldHaveSingleItem().Query.ShouldBe(("?model=model-a&" + asked).TrimEnd('&'));
        new FileInfo(Path.Combine(_directory.FullName, "out")).Length.ShouldBe(1000);
    }

    [Fact]
    public async Task Account_IsShown()
    {
        await CurlAsync("{host}/v1.0/account");

        (await File.ReadAllTextAsync(Path.Combine(_directory.FullName, "out"))).ShouldContain("\"free_calls\":300");
    }

    /// <summary>The answer's status, its body in the file <c>out</c>.</summary>
    private Task<BufferedCommandResult> CurlAsync(string line) => Cli.Wrap("curl")
        .WithArguments([.. line.Replace("{host}", _gateway.Client.BaseAddress!.ToString().TrimEnd('/'), StringComparison.Ordinal).Replace("{origin}", $"http://127.0.0.1:{_origin.Port}", StringComparison.Ordinal).Split(' '), "-H", $"X-Api-Key: {_key.Text}", "-o", "out", "-w", "%{http_code}"])
        .WithWorkingDirectory(_directory.FullName)
        .WithValidation(CommandResultValidation.None) // -f turns a refusal into an exit code
        .ExecuteBufferedAsync();
}
