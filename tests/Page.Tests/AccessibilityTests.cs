using System.Text.Json;
using Microsoft.Playwright;
using Rembg.Testing;
using static Microsoft.Playwright.Assertions;

namespace Rembg.Page.Tests;

/// <summary>axe-core over every state of the page, in both themes.</summary>
[Collection(Browsing.Name)]
public sealed class AccessibilityTests(Chromium browser, Service service)
{
    [Fact]
    public async Task ForcedColours_StillShowWhatIsChosen()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.Page.EmulateMediaAsync(new() { ForcedColors = ForcedColors.Active });
        await tab.ChooseAsync("rocket.jpg", "coffee.png");
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("2 of 2 done", new() { Timeout = 60_000 });

        await Expect(tab.Page.Locator(".choice:has(:checked)")).ToHaveCSSAsync("outline-style", "solid");
        await Expect(tab.Page.Locator(".choice:has([value=colour])")).ToHaveCSSAsync("outline-style", "none");
        await Expect(tab.Page.Locator("#tray li").First).ToHaveCSSAsync("outline-style", "solid");
        await Expect(tab.Page.Locator("#tray li").Last).ToHaveCSSAsync("outline-style", "none");
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 390)]
    public async Task NoStateOfThePage_HasASeriousFinding(ColorScheme theme, int width)
    {
        await using var tab = await browser.OpenAsync(service.Address, width, 900, theme);
        await tab.Page.EvaluateAsync(await File.ReadAllTextAsync(AxePath()));
        await CheckAsync(tab, "empty");

        var release = new TaskCompletionSource();
        await tab.Page.RouteAsync("**/v1/remove-background?*", async route =>
        {
            await release.Task;
            await route.ContinueAsync();
        });
        await tab.ChooseAsync("rocket.jpg");
        await Expect(tab.Button("Cancel")).ToBeVisibleAsync();
        await CheckAsync(tab, "working");
        release.SetResult();
        await tab.DoneAsync();
        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Colour" }).CheckAsync();
        await CheckAsync(tab, "done");

        await tab.ChooseAsync("notes.txt", [1, 2, 3], "text/plain");
        await tab.SaysAsync("This is not a picture of a kind that can be read here.");
        await tab.Page.EvaluateAsync("document.getElementById('key-form').hidden = false");
        await CheckAsync(tab, "many, an error, a key asked for");
    }

    private static async Task CheckAsync(Tab tab, string state)
    {
        var report = await tab.Page.EvaluateAsync<JsonElement>("() => axe.run({ resultTypes: ['violations'] })");
        var findings = report.GetProperty("violations").EnumerateArray()
            .Where(finding => finding.GetProperty("impact").GetString() is "serious" or "critical" or "moderate")
            .Select(finding => $"{finding.GetProperty("id")}: {string.Join(", ", finding.GetProperty("nodes").EnumerateArray().Select(node => node.GetProperty("html")))}");
        findings.ShouldBeEmpty(state);
    }

    private static string AxePath() =>
        Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, ".tools"), "axe.min.js", SearchOption.AllDirectories).FirstOrDefault()
        ?? throw new FileNotFoundException("axe-core is missing: tests/Page.Tests/fetch-axe.sh gets it, and test.sh calls that.");
}
