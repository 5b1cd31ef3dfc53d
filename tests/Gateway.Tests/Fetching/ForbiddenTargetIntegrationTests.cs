using Rembg.Testing;

namespace Rembg.Gateway.Tests.Fetching;

/// <summary>
/// Ways to reach what must not be reached. All lead to 127.0.0.1 or ::1, where traps would serve a picture. Addresses of other machines are
/// in <see cref="AddressJudgeTests"/>, where nothing is connected to.
/// </summary>
public sealed class ForbiddenTargetIntegrationTests(FetchingGateway shared) : IClassFixture<FetchingGateway>
{
    public static TheoryData<string> Hosts =>
    [
        "127.0.0.1", "127.1", "127.0.1", "127.255.255.254", "2130706433", "0x7f000001", "0x7F.0x0.0x0.0x1", "0177.0.0.1", "017700000001", "0x7f.1",
        "0", "0.0.0.0", "00000", "0x0",
        "[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::127.0.0.1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:7f00:1]",
        "[64:ff9b::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "[2002:7f00:1::1]", "[::1%25lo]",
        "１２７.０.０.１", "127。0。0。1", "①②⑦.0.0.1", "\u00ad127.0.0.1",
        "localhost", "LOCALHOST", "localhost.", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ",
        "inside.example", "mapped.example", "nat64.example", "mixed.example", "mixed-the-other-way.example", "nobody.example", "empty.example",
    ];

    [Theory, MemberData(nameof(Hosts))]
    public async Task Host_IsNotConnectedTo(string host)
    {
        Name("inside.example", "127.0.0.1");
        Name("mapped.example", "::ffff:127.0.0.1");
        Name("nat64.example", "64:ff9b::7f00:1");
        Name("mixed.example", "127.0.0.2", "127.0.0.1");
        Name("mixed-the-other-way.example", "::1", "127.0.0.2");
        Name("empty.example");
        var url = $"http://{host}:{shared.Origin.Port}/secret.jpg";

        await ShouldBeRefusedAsync(url, "The host has no public address.");

        if (!url.All(char.IsAscii)) return; // no header can hold it
        shared.Origin.Redirect("/there", url);
        await ShouldBeRefusedAsync($"http://{shared.Host}/there", "The host has no public address.");
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://public.example/a.jpg")]
    [InlineData("gopher://127.0.0.1:6379/_FLUSHALL")]
    [InlineData("data:image/jpeg;base64,/9j/4AAQ")]
    [InlineData("//127.0.0.1:PORT@public.example/secret.jpg")]
    [InlineData("http://public.example@127.0.0.1:PORT/secret.jpg")]
    [InlineData("http://public.example:80@127.0.0.1:PORT/secret.jpg")]
    [InlineData("http://public.example\\@127.0.0.1:PORT/secret.jpg")]
    [InlineData("http://127.0.0.1:PORT\\@public.example/secret.jpg")]
    [InlineData("http://public.example:6379/")]
    [InlineData("http://127.0.0.1\n:PORT/secret.jpg")]
    [InlineData("http://public.example:PORT\r\nHost: x/secret.jpg")]
    [InlineData("127.0.0.1:PORT/secret.jpg")]
    public async Task Url_IsRefusedAndAsATargetOfARedirectToo(string url)
    {
        url = url.Replace("PORT", $"{shared.Origin.Port}", StringComparison.Ordinal);
        using var answer = await shared.App.CutUrlAsync(url);
        var (status, code, _) = await answer.ReadProblemAsync();
        (status, code).ShouldBe((400, "invalid_parameter"));

        if (url.Any(char.IsControl) || url.StartsWith("127", StringComparison.Ordinal)) return; // no header can hold it; another is a path
        shared.Origin.Redirect("/bad", url);
        using var led = await shared.App.CutUrlAsync($"http://{shared.Host}/bad");
        (await led.ReadProblemAsync()).Status.ShouldBeOneOf(400, 422);
        NobodyFell();
    }

    [Fact]
    public async Task NameThatBecomesPrivateAtTheNextLookUp_IsNotFollowedThere()
    {
        var lookUps = 0;
        shared.Names["rebinding.example"] = () => ++lookUps == 1 ? ["127.0.0.2"] : ["127.0.0.1"];
        shared.Origin.Redirect("/again", $"http://rebinding.example:{shared.Origin.Port}/secret.jpg");

        await ShouldBeRefusedAsync($"http://rebinding.example:{shared.Origin.Port}/again", "The host has no public address.");

        lookUps.ShouldBe(2, "once for each connection: what was judged is what is connected to");
    }

    [Fact]
    public async Task RedirectsWithoutEnd_AreLeft()
    {
        shared.Origin.Redirect("/round", "/round");

        await ShouldBeRefusedAsync($"http://{shared.Host}/round", "The host redirects more than 5 times.");

        shared.Origin.Requests.Count(asked => asked.Path == "/round").ShouldBe(6);
    }

    [Fact]
    public async Task HostThatIsNotAllowed_IsNotAsked()
    {
        await using var gateway = await shared.StartAsync("Fetching:AllowedHosts:0=*.shop.example");

        (await (await gateway.CutUrlAsync($"http://{shared.Host}/other.jpg")).ReadProblemAsync()).Code.ShouldBe("invalid_parameter");
        shared.Origin.Requests.ShouldNotContain(asked => asked.Path == "/other.jpg");
    }

    private void Name(string name, params string[] addresses) => shared.Names[name] = () => addresses;

    private async Task ShouldBeRefusedAsync(string url, string reason)
    {
        using var answer = await shared.App.CutUrlAsync(url);
        (await answer.ReadProblemAsync()).ShouldBe((422, "download_failed", reason), url);
        NobodyFell();
    }

    private void NobodyFell() => shared.Traps.ShouldAllBe(trap => trap.Connections == 0);
}
