using Microsoft.Extensions.Options;
using Rembg.Contract.Hosting;
using Rembg.Contract.Problems;

namespace Rembg.Gateway.Page;

/// <summary>The web page: a client of the public API like any other, served beside it.</summary>
public static class PageEndpoints
{
    /// <summary>Nothing from elsewhere, nothing inline; pictures also from what the page itself made (blob:).</summary>
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void AddPage(this WebApplicationBuilder builder) => builder.AddOptions<PageOptions>(PageOptions.Section);

    public static void MapPage(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<PageOptions>>().Value.Enabled) return;
        var files = PageFiles.Load();

        app.MapMethods("/", Methods, (HttpResponse response) =>
        {
            response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
            return files.Document.Answer(response, "no-cache");
        }).ExcludeFromDescription();

        app.MapMethods("/page/{version}/{**path}", Methods, (string version, string? path, HttpResponse response) =>
        {
            var file = files.Find(path ?? "") ?? throw Problem.NotFound("There is nothing at this address.").AsException();
            // While gateways are being replaced, one may be asked for a file of the other's version.
            return file.Answer(response, version == files.Version ? "public, max-age=31536000, immutable" : "no-cache");
        }).ExcludeFromDescription();
    }
}
