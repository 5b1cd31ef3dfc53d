using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Rembg.Testing;
using static Microsoft.Playwright.Assertions;

namespace Rembg.Page.Tests;

/// <summary>What the page says and does when it does not go smoothly.</summary>
[Collection(Browsing.Name)]
public sealed class TroubleIntegrationTests(Chromium browser, Service service)
{
    [Fact]
    public async Task NotAPicture_IsSaidInClearWords()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("notes.txt", [.. "Only words."u8], "text/plain");
        await tab.SaysAsync("This is not a picture of a kind that can be read here.");
        await tab.SaysAsync("Save it as JPEG, PNG or WebP.");
        await Expect(tab.Page.GetByRole(AriaRole.Status)).ToContainTextAsync("notes.txt: This is not a picture");
        await Expect(tab.Button("Try again")).ToBeHiddenAsync();

        await tab.Button("Start over").ClickAsync();
        await Expect(tab.Page.Locator("#choose")).ToBeFocusedAsync();
        tab.ComplaintsBut(status: 415).ShouldBeEmpty();
    }

    [Fact]
    public async Task TooLarge_IsSaidInClearWords()
    {
        await using var gateway = await service.StartGatewayAsync("Uploads:MaxBytes=65536");
        await using var tab = await browser.OpenAsync(gateway.Address);
        await tab.ChooseAsync("astronaut.png");
        await tab.SaysAsync("The file is too large.");
        await tab.SaysAsync("65,536 bytes");
        tab.ComplaintsBut(status: 413).ShouldBeEmpty();
    }

    [Fact]
    public async Task ServiceIsFull_ThePageWaitsAndTriesAgain()
    {
        await using var pod = await FakePod.StartAsync();
        pod.Always = (context, _) =>
        {
            context.Response.ContentType = "image/png";
            return context.Response.Body.WriteAsync(Photos.Astronaut).AsTask();
        };
        pod.Next.Enqueue(PodScripts.Overloaded());
        await using var gateway = await Service.StartGatewayAsync(new(pod.Address), new(pod.Address), "Pods:WaitForPod=00:00:00", "Pods:FullFor=00:00:01"); // or it would wait itself
        await using var tab = await browser.OpenAsync(gateway.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();
        (await tab.HeardAsync()).ShouldContain(text => text.StartsWith("The service is busy, trying again in ", StringComparison.Ordinal));
        (await tab.SaveAsync("PNG")).Bytes.ShouldBe(Photos.Astronaut);
        pod.Requests.Count.ShouldBe(2);
        tab.ComplaintsBut(status: 503).ShouldBeEmpty();
    }

    [Fact]
    public async Task NothingFound_IsSaidAndNotPraised()
    {
        await using var pod = await FakePod.StartAsync();
        pod.Always = PodScripts.Cutout(foreground: "0 0 0 0");
        await using var gateway = await Service.StartGatewayAsync(new(pod.Address), new(pod.Address));
        await using var tab = await browser.OpenAsync(gateway.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();
        await Expect(tab.Page.Locator("#empty")).ToContainTextAsync("No subject was found");
        await Expect(tab.Page.Locator("#work-title")).ToHaveTextAsync("Your photo");
        (await tab.HeardAsync()).ShouldContain("No subject was found in rocket.jpg.");
    }

    [Fact]
    public async Task Offline_IsNotCalledABusyService()
    {
        await using var pod = await FakePod.StartAsync();
        var release = new TaskCompletionSource();
        pod.Always = PodScripts.After(release.Task, PodScripts.Cutout(infer: 3000));
        await using var gateway = await Service.StartGatewayAsync(new(pod.Address), new(pod.Address));
        await using var tab = await browser.OpenAsync(gateway.Address);
        await tab.ChooseAsync("rocket.jpg", "astronaut.png");
        await Eventually.TrueAsync(() => pod.InFlight > 0, "a task runs");
        await tab.Page.Context.SetOfflineAsync(true);
        await Expect(tab.Page.Locator("#tray")).ToContainTextAsync("No connection to the service, trying again in", new() { Timeout = 30_000 });

        await tab.Page.Context.SetOfflineAsync(false);
        release.SetResult();
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("2 of 2 done", new() { Timeout = 60_000 });
        await Expect(tab.Page.Locator("#timing-total")).ToHaveTextAsync(new Regex(@"^3\.\d\d s$")); // of the stages, not of fetching the result
    }

    [Fact]
    public async Task FileThatComesWhenAnotherPhotoIsShown_LeavesItsCurlLine()
    {
        await using var pod = await FakePod.StartAsync();
        var release = new TaskCompletionSource();
        await using var gateway = await Service.StartGatewayAsync(new(pod.Address), new(pod.Address));
        await using var tab = await browser.OpenAsync(gateway.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();
        pod.Next.Enqueue(PodScripts.After(release.Task, PodScripts.Cutout()));
        await tab.Button("WebP").ClickAsync();
        await Eventually.TrueAsync(() => pod.InFlight > 0, "the WebP is being made");
        await tab.ChooseAsync("astronaut.png");
        await Expect(tab.Page.Locator("#curl")).ToContainTextAsync("astronaut.png", new() { Timeout = 60_000 });
        release.SetResult();
        await Eventually.TrueAsync(async () => (await tab.HeardAsync()).Contains("Saved."), "the WebP is there");
        await Expect(tab.Page.Locator("#curl")).ToContainTextAsync("astronaut.png");
    }

    [Fact]
    public async Task CancelledWhileWaiting_CanBeTriedAgain()
    {
        await using var pod = await FakePod.StartAsync();
        var release = new TaskCompletionSource();
        pod.Next.Enqueue(PodScripts.After(release.Task, PodScripts.Cutout()));
        await using var gateway = await Service.StartGatewayAsync(new(pod.Address), new(pod.Address));
        await using var tab = await browser.OpenAsync(gateway.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.SaysAsync("Removing the background");
        await tab.Button("Cancel").FocusAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await tab.SaysAsync("Cancelled");
        await Expect(tab.Button("Try again")).ToBeFocusedAsync();
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Button("Cancel")).ToBeFocusedAsync();
        release.SetResult();
        await tab.DoneAsync();
    }

    [Fact]
    public async Task KeysAreOn_ThePageAsksForOneAndKeepsIt()
    {
        var (key, settings) = await CreateKeyAsync();
        await using var gateway = await service.StartGatewayAsync(settings);
        await using var tab = await browser.OpenAsync(gateway.Address);
        await Expect(tab.Button("API key")).ToBeHiddenAsync();
        await tab.ChooseAsync("rocket.jpg", "coffee.png");

        var field = tab.Page.GetByLabel("API key", new() { Exact = true });
        await Expect(field).ToBeFocusedAsync(new() { Timeout = 60_000 });
        var refused = tab.Page.GetByText("The server did not take the key below.");
        await Expect(refused).ToBeHiddenAsync();
        await field.FillAsync(key[..^1] + (key[^1] == 'x' ? 'y' : 'x'));
        await field.PressAsync("Enter");
        await Expect(refused).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(field).ToBeFocusedAsync();
        await field.FillAsync(key);
        await field.PressAsync("Enter");
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("2 of 2 done", new() { Timeout = 60_000 });
        var curl = await tab.Page.Locator("#curl").TextContentAsync();
        curl.ShouldNotBeNull().ShouldContain("-H \"X-Api-Key: $REMBG_API_KEY\"");
        curl.ShouldNotContain(key);

        await tab.Page.ReloadAsync();
        await Expect(tab.Button("API key")).ToBeVisibleAsync();
        await tab.ChooseAsync("chelsea.png");
        await tab.DoneAsync();

        await tab.Button("API key").ClickAsync();
        await tab.Button("Forget it").ClickAsync();
        (await tab.Page.EvaluateAsync<int>("localStorage.length")).ShouldBe(0);
        tab.ComplaintsBut(status: 401).ShouldBeEmpty();
    }

    /// <summary>With the operator's own command.</summary>
    private static async Task<(string Key, string[] Settings)> CreateKeyAsync()
    {
        await using var command = ServiceProcess.Launch(RepositoryPaths.Dll("Rembg.Gateway"), ["keys", "create", "--client", "visitor"]);
        (await command.ExitAsync()).ShouldBe(0);
        var lines = command.Log.Split('\n');
        string Of(string name) => Regex.Match(lines[^1], $"\"{name}\":\"([^\"]*)\"").Groups[1].Value;
        return (lines[1], [$"Clients:Keys:0:Id={Of("id")}", $"Clients:Keys:0:Client={Of("client")}", $"Clients:Keys:0:Plan={Of("plan")}", $"Clients:Keys:0:Sha256={Of("sha256")}"]);
    }
}
