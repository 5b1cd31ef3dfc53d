using Microsoft.Extensions.Options;
using Rembg.Contract.Hosting;
using Rembg.Contract.Problems;
using Rembg.Gateway.Http;

namespace Rembg.Gateway.Page;

/// <summary>The web page: a client of the public API like any other, served beside it.</summary>
public static class PageEndpoints
{
    /// <summary>Nothing from elsewhere, nothing inline; pictures also from what the page itself made (blob:).</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>The page may be found, the API is nothing to crawl.</summary>
    private static readonly StaticFile Robots = new("robots.txt", "User-agent: *\nAllow: /$\nAllow: /page/\nDisallow: /\n"u8.ToArray());

    public static void AddPage(this WebApplicationBuilder builder) => builder.AddOptions<PageOptions>(PageOptions.Section);

    public static void MapPage(this WebApplication app)
    {
        var files = PageFiles.Load();

        // Browsers and crawlers ask for these two whether there is a page or not.
        app.MapGet("/favicon.ico", (HttpResponse response) => files.Find("icon.svg")!.Answer(response, "public, max-age=86400")).ExcludeFromDescription();
        app.MapGet("/robots.txt", (HttpResponse response) => Robots.Answer(response, "public, max-age=86400")).ExcludeFromDescription();
        if (!app.Services.GetRequiredService<IOptions<PageOptions>>().Value.Enabled) return;

        app.MapGet("/", (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return files.Document.Answer(response, "no-cache");
        }).ExcludeFromDescription();

        app.MapGet("/page/{version}/{**path}", (string version, string? path, HttpResponse response) =>
        {
            var file = files.Find(path ?? "") ?? throw Problem.NotFound("There is nothing at this address.").AsException();
            // While gateways are being replaced, one may be asked for a file of the other's version.
            return file.Answer(response, version == files.Version ? "public, max-age=31536000, immutable" : "no-cache");
        }).ExcludeFromDescription();
    }
}
