using System.Collections.Concurrent;
using Microsoft.Playwright;
using Rembg.Testing;

namespace Rembg.Page.Tests;

/// <summary>The page as one visitor has it open, with what a visitor does.</summary>
public sealed class Tab : IAsyncDisposable
{
    private readonly Uri _address;
    private readonly ConcurrentQueue<string> _complaints = [];

    private Tab(IPage page, Uri address)
    {
        (Page, _address) = (page, address);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") _complaints.Enqueue(message.Text);
        };
        page.PageError += (_, error) => _complaints.Enqueue(error);
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(_address.ToString(), StringComparison.Ordinal) && !request.Url.StartsWith("blob:", StringComparison.Ordinal))
                _complaints.Enqueue($"A request to elsewhere: {request.Url}");
        };
    }

    public IPage Page { get; }

    /// <summary>Errors and warnings of the console (refusals by the content security policy among them), exceptions, requests to other hosts.</summary>
    public IReadOnlyCollection<string> Complaints => _complaints;

    /// <summary>The browser itself logs every answer that is not a success; a test that provokes one leaves those out.</summary>
    public IEnumerable<string> ComplaintsBut(int status) =>
        Complaints.Where(text => !text.StartsWith($"Failed to load resource: the server responded with a status of {status} ", StringComparison.Ordinal));

    public static async Task<Tab> OpenAsync(IPage page, Uri address)
    {
        var tab = new Tab(page, address);
        await page.AddInitScriptAsync("""
            window.heard = [];
            addEventListener("DOMContentLoaded", () => new MutationObserver((changes) =>
              changes.forEach(({ target }) => heard.push(target.textContent))).observe(document.getElementById("announcer"), { childList: true }));
            """);
        await page.GotoAsync(address.ToString());
        return tab;
    }

    public ILocator Button(string name) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    public Task ChooseAsync(params string[] photos) => Page.Locator("#chooser").SetInputFilesAsync(photos.Select(Photos.Path));

    public Task ChooseAsync(string name, byte[] content, string type = "image/png") =>
        Page.Locator("#chooser").SetInputFilesAsync(new FilePayload { Name = name, MimeType = type, Buffer = content });

    /// <summary>The photo that is looked at is done.</summary>
    public Task DoneAsync() => Assertions.Expect(Page.Locator("#panel")).ToBeVisibleAsync(new() { Timeout = 60_000 });

    public Task SaysAsync(string text) => Assertions.Expect(Page.Locator("#status")).ToContainTextAsync(text, new() { Timeout = 60_000 });

    /// <summary>All that was announced to screen readers, also what has passed.</summary>
    public Task<string[]> HeardAsync() => Page.EvaluateAsync<string[]>("heard");

    /// <summary>Presses a button and gives what the browser saved: name and bytes.</summary>
    public async Task<(string Name, byte[] Bytes)> SaveAsync(string button)
    {
        var download = await Page.RunAndWaitForDownloadAsync(() => Button(button).ClickAsync());
        await using var stream = await download.CreateReadStreamAsync();
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return (download.SuggestedFilename, bytes.ToArray());
    }

    /// <summary>Pixels by which the page is wider than its window.</summary>
    public Task<int> OverflowAsync() => Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");

    public async ValueTask DisposeAsync() => await Page.Context.CloseAsync();
}
