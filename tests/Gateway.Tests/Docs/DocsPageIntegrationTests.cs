using System.Text.RegularExpressions;
using Rembg.Testing;

namespace Rembg.Gateway.Tests.Docs;

public partial class DocsPageIntegrationTests
{
    [Fact]
    public async Task Page_BringsAllThatItNeedsAndMayAskNobodyElse()
    {
        await using var gateway = await GatewayApp.StartUnreadyAsync([], null);

        using var answer = await gateway.Client.GetAsync("/docs"); // and where that leads
        var page = await answer.Content.ReadAsStringAsync();

        page.ShouldNotContain("://");
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single().Split("; ").ToDictionary(part => part.Split(' ')[0], part => part[part.IndexOf(' ', StringComparison.Ordinal)..].Trim());
        policy["default-src"].ShouldBe("'none'");
        policy["connect-src"].ShouldBe("'self'");
        policy["script-src"].ShouldMatch("^'nonce-[^']+'$");
        var scripts = Script().Matches(page);
        scripts.Count.ShouldBeGreaterThan(1);
        foreach (Match script in scripts)
        {
            $"'nonce-{Nonce().Match(script.Value).Groups[1].Value}'".ShouldBe(policy["script-src"]);
            if (Source().Match(script.Value) is not { Success: true } source) continue;
            using var file = await gateway.Client.GetAsync(new Uri(answer.RequestMessage!.RequestUri!, source.Groups[1].Value));
            file.Content.Headers.ContentType!.MediaType.ShouldBe("text/javascript");
        }
    }

    [Fact]
    public async Task Page_HasAnotherNonceEachTime()
    {
        await using var gateway = await GatewayApp.StartUnreadyAsync([], null);

        var nonces = new HashSet<string>();
        for (var i = 0; i < 3; i++) nonces.Add(Nonce().Match(await gateway.Client.GetStringAsync("/docs")).Groups[1].Value);

        nonces.Count.ShouldBe(3);
    }

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();

    [GeneratedRegex("nonce=\"([^\"]+)\"")]
    private static partial Regex Nonce();

    [GeneratedRegex("src=\"([^\"]+)\"")]
    private static partial Regex Source();
}
