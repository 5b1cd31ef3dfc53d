using Microsoft.Playwright;

namespace Rembg.Page.Tests;

/// <summary>One headless Chromium, as the system's package manager installed it, for all tests; each gets a profile of its own.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    public async Task InitializeAsync()
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = "/usr/bin/chromium",
            // No sandbox, because CI is root in a container; the rest keeps the browser from calling home.
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>Opens the page at <paramref name="address"/> in a new profile.</summary>
    public async Task<Tab> OpenAsync(Uri address, int width = 1280, int height = 900, ColorScheme theme = ColorScheme.Light, bool reducedMotion = true)
    {
        var context = await _browser.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = height },
            ColorScheme = theme,
            ReducedMotion = reducedMotion ? ReducedMotion.Reduce : ReducedMotion.NoPreference,
        });
        context.SetDefaultTimeout(60_000); // generous: the machine may be busy, and nothing here measures
        await context.GrantPermissionsAsync(["clipboard-read", "clipboard-write"]);
        return await Tab.OpenAsync(await context.NewPageAsync(), address);
    }

    public async Task DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}

/// <summary>Browser and platform are started once; the stories share them.</summary>
[CollectionDefinition(Name)]
public sealed class Browsing : ICollectionFixture<Chromium>, ICollectionFixture<Service>
{
    public const string Name = "browsing";
}
