using Microsoft.Playwright;
using Rembg.Testing;

namespace Rembg.Page.Tests;

/// <summary>
/// The README's picture of the page, with the real model. It is only written where <c>REMBG_WRITE_IMAGES</c> is set, so that
/// a test run leaves the tree as it was.
/// </summary>
[Collection(Browsing.Name)]
public sealed class ReadmePictureTests(Chromium browser)
{
    private static readonly string Picture = Path.Combine(RepositoryPaths.Root, "docs", "images", "page.png");

    [Fact]
    public async Task SamplePhotoWithTheRealModel_IsTheReadmesPicture()
    {
        await using var platform = await Testing.Platform.StartWithRealModelAsync(podArguments: ["--Batching:MaxBatchSize=1"]);
        await using var tab = await browser.OpenAsync(platform.Gateways[0].Address, height: 820);
        await tab.Page.GetByText("Try this one").ClickAsync();
        await tab.DoneAsync();
        await tab.Page.Locator("#after").EvaluateAsync("image => image.decode()");
        var screenshot = await tab.Page.ScreenshotAsync(new() { Animations = ScreenshotAnimations.Disabled });

        if (Environment.GetEnvironmentVariable("REMBG_WRITE_IMAGES") is { Length: > 0 })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Picture)!);
            await File.WriteAllBytesAsync(Picture, screenshot);
        }
        File.Exists(Picture).ShouldBeTrue("REMBG_WRITE_IMAGES=1 ./test.sh writes it");
        tab.Complaints.ShouldBeEmpty();
    }
}
