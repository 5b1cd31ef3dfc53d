using System.IO.Compression;
using System.Net;
using System.Reflection;
using System.Text.RegularExpressions;
using Rembg.Contract.Problems;
using Rembg.Testing;

namespace Rembg.Page.Tests;

/// <summary>How the page is served, and what its files promise.</summary>
[Collection(Browsing.Name)]
public sealed partial class PageFileTests(Service service)
{
    [Fact]
    public async Task ThePage_HasAStrictPolicyAndIsAskedForAgain()
    {
        using var page = await service.Http.GetAsync("/");
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Content.Headers.ContentType!.ToString().ShouldBe("text/html; charset=utf-8");
        page.Headers.CacheControl!.ToString().ShouldBe("no-cache");
        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        policy.ShouldContain("default-src 'none'");
        policy.ShouldContain("script-src 'self';");
        policy.ShouldNotContain("unsafe");

        using var again = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { IfNoneMatch = { page.Headers.ETag! } } };
        using var answer = await service.Http.SendAsync(again);
        answer.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task EveryFile_IsSmallCompressedAndKeptForEver()
    {
        var page = await service.Http.GetStringAsync("/");
        page.ShouldNotContain("://", customMessage: "nothing from elsewhere");
        var files = References().Matches(page).Select(match => match.Groups[1].Value).ToList();
        files.Count.ShouldBeGreaterThan(5);
        long sum = 0;
        for (var at = 0; at < files.Count; at++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/" + files[at]) { Headers = { AcceptEncoding = { new("gzip") } } };
            using var file = await service.Http.SendAsync(request);
            file.StatusCode.ShouldBe(HttpStatusCode.OK, files[at]);
            file.Headers.CacheControl!.ToString().ShouldBe("public, max-age=31536000, immutable", files[at]);
            var bytes = await file.Content.ReadAsByteArrayAsync();
            if (files[at].EndsWith(".jpg", StringComparison.Ordinal)) continue;

            file.Content.Headers.ContentEncoding.ShouldBe(["gzip"], files[at]);
            sum += bytes.Length;
            using var text = new StreamReader(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress));
            foreach (Match import in Imports().Matches(await text.ReadToEndAsync()))
            {
                var module = files[at][..(files[at].LastIndexOf('/') + 1)] + import.Groups[1].Value;
                if (!files.Contains(module)) files.Add(module);
            }
        }
        files.ShouldContain(file => file.EndsWith("/zip.js", StringComparison.Ordinal), "imports were followed");
        sum.ShouldBeLessThan(40_000);
    }

    [Fact]
    public async Task FileOfAnotherVersion_IsServedButNotKept()
    {
        using var file = await service.Http.GetAsync("/page/before/js/app.js");
        file.StatusCode.ShouldBe(HttpStatusCode.OK);
        file.Headers.CacheControl!.ToString().ShouldBe("no-cache");
        file.Content.Headers.ContentEncoding.ShouldBeEmpty("the client did not say that it takes gzip");
    }

    [Theory]
    [InlineData("/page/x/js/none.js")]
    [InlineData("/page/x/index.html")]
    [InlineData("/page/x/../../appsettings.json")]
    [InlineData("/page/x")]
    public async Task UnknownFile_IsNotFound(string path) => (await service.Http.GetAsync(path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);

    [Fact]
    public async Task SwitchedOff_ThereIsNoPage()
    {
        await using var gateway = await service.StartGatewayAsync("Page:Enabled=false");
        using var http = new HttpClient { BaseAddress = gateway.Address };
        (await http.GetAsync("/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await http.GetAsync("/page/x/js/app.js")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await http.GetAsync("/v1/models")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task EveryCodeOfAProblem_HasWords()
    {
        var words = await service.Http.GetStringAsync("/page/x/js/words.js");
        var problems = typeof(Problem).GetMethods(BindingFlags.Public | BindingFlags.Static).Where(method => method.ReturnType == typeof(Problem)).ToList();
        problems.ShouldNotBeEmpty();
        foreach (var method in problems)
        {
            var arguments = method.GetParameters().Select(parameter => parameter.ParameterType == typeof(string) ? "" : Activator.CreateInstance(parameter.ParameterType)).ToArray();
            words.ShouldContain($"  {((Problem)method.Invoke(null, arguments)!).Code}: [", customMessage: method.Name);
        }
    }

    [GeneratedRegex("(?:href|src)=\"(page/[^\"]+)\"")]
    private static partial Regex References();

    [GeneratedRegex("from \"\\./([^\"]+)\"")]
    private static partial Regex Imports();
}
