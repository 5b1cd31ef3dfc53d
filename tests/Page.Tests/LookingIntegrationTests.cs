using Microsoft.Playwright;
using Rembg.Testing;
using static Microsoft.Playwright.Assertions;

namespace Rembg.Page.Tests;

/// <summary>Looking at a cutout: before and after, what is behind it, with mouse and keyboard, wide and narrow.</summary>
[Collection(Browsing.Name)]
public sealed class LookingIntegrationTests(Chromium browser, Service service)
{
    private const string Split = "getComputedStyle(document.getElementById('picture')).getPropertyValue('--split')";

    [Fact]
    public async Task TheLineBetweenBeforeAndAfter_IsDraggedAndMovedByKeys()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();
        (await tab.Page.EvaluateAsync<string>(Split)).ShouldBe("50%");

        var box = await tab.Page.Locator("#picture").BoundingBoxAsync();
        var mouse = tab.Page.Mouse;
        await mouse.MoveAsync(box!.X + box.Width / 2, box.Y + 20);
        await mouse.DownAsync();
        await mouse.MoveAsync(box.X + box.Width / 4, box.Y + 60, new() { Steps = 5 });
        await mouse.UpAsync();
        (await tab.Page.EvaluateAsync<string>(Split)).ShouldBe("25%");
        var line = await tab.Page.Locator(".divider").BoundingBoxAsync();
        (line!.X + line.Width / 2).ShouldBe(box.X + box.Width / 4, 1.0, "the line is under the mouse");

        var slider = tab.Page.GetByRole(AriaRole.Slider);
        await slider.PressAsync("End");
        (await tab.Page.EvaluateAsync<string>(Split)).ShouldBe("100%");
        await slider.PressAsync("ArrowLeft");
        (await tab.Page.EvaluateAsync<string>(Split)).ShouldBe("99%");
        await Expect(slider).ToHaveAttributeAsync("aria-valuetext", "99 % photo, 1 % cutout");
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Zoom_ShowsRealPixelsAndStaysInItsFrame()
    {
        await using var tab = await browser.OpenAsync(service.Address, width: 360, height: 700);
        await tab.ChooseAsync("rocket.jpg"); // 640 x 427
        await tab.DoneAsync();
        var fitted = await WidthAsync();
        fitted.ShouldBeLessThan(360);

        await tab.Button("Actual size").ClickAsync();
        (await WidthAsync()).ShouldBe(640, 1);
        await Expect(tab.Page.Locator("#zoom-level")).ToHaveTextAsync("100 %");
        (await tab.HeardAsync()).ShouldContain("Zoom 100 %.");
        (await tab.OverflowAsync()).ShouldBe(0);
        await tab.Button("Zoom in").ClickAsync();
        (await WidthAsync()).ShouldBe(960, 1);
        for (var i = 0; i < 10; i++) await tab.Button("Zoom in").ClickAsync();
        await Expect(tab.Page.Locator("#zoom-level")).ToHaveTextAsync("800 %");
        (await tab.OverflowAsync()).ShouldBe(0);

        var slider = tab.Page.GetByRole(AriaRole.Slider);
        await slider.PressAsync("0");
        (await WidthAsync()).ShouldBe(fitted, 1);
        await slider.PressAsync("1");
        (await WidthAsync()).ShouldBe(640, 1);
        await slider.PressAsync("End");
        (await tab.Page.EvaluateAsync<string>(Split)).ShouldBe("100%");
        await slider.PressAsync("-");
        (await WidthAsync()).ShouldBe(640 / 1.5, 1);

        await tab.Button("Start over").ClickAsync();
        await tab.ChooseAsync("coffee.png");
        await tab.DoneAsync();
        (await WidthAsync()).ShouldBeLessThan(360, "the next picture fits again");
        tab.Complaints.ShouldBeEmpty();

        async Task<double> WidthAsync() => (await tab.Page.Locator("#before").BoundingBoxAsync())!.Width;
    }

    [Fact]
    public async Task ZoomByWheel_KeepsWhatIsUnderThePointer()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();
        var picture = tab.Page.Locator("#picture");
        var before = (await picture.BoundingBoxAsync())!;
        var (x, y) = (before.X + before.Width * 0.7f, before.Y + before.Height * 0.6f);

        await tab.Page.Mouse.MoveAsync(x, y);
        await tab.Page.Keyboard.DownAsync("Control");
        await tab.Page.Mouse.WheelAsync(0, -200);
        await tab.Page.Keyboard.UpAsync("Control");
        await Expect(tab.Page.Locator("#frame")).ToContainClassAsync("zoomed");

        var after = (await picture.BoundingBoxAsync())!;
        ((double)after.Width / before.Width).ShouldBe(Math.E, 0.1);
        ((double)(x - after.X) / after.Width).ShouldBe(0.7, 0.01);
        ((double)(y - after.Y) / after.Height).ShouldBe(0.6, 0.01);

        await tab.Page.Mouse.DblClickAsync(x, y);
        await Expect(tab.Page.Locator("#frame")).Not.ToContainClassAsync("zoomed");
        ((double)(await picture.BoundingBoxAsync())!.Width).ShouldBe(before.Width, 1);
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task ColourOrPictureBehind_IsSavedAsShown()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();
        await Expect(tab.Button("JPEG")).ToBeHiddenAsync();

        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Colour" }).CheckAsync();
        await tab.Page.Locator("#colour").FillAsync("#00ff00");
        await Expect(tab.Page.Locator("#after")).ToHaveCSSAsync("background-color", "rgb(0, 255, 0)");
        await Expect(tab.Page.Locator("#before")).Not.ToHaveCSSAsync("background-color", "rgb(0, 255, 0)");
        var onColour = await tab.SaveAsync("PNG");
        onColour.Name.ShouldBe("rocket-with-background.png");
        (await tab.SaveAsync("JPEG")).Bytes[..3].ShouldBe([0xFF, 0xD8, 0xFF]);
        (await tab.SaveAsync("WebP")).Name.ShouldBe("rocket-with-background.webp");

        var chooser = await tab.Page.RunAndWaitForFileChooserAsync(() => tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Picture" }).CheckAsync());
        await chooser.SetFilesAsync(new FilePayload { Name = "notes.png", MimeType = "image/png", Buffer = [.. "Only words."u8] });
        await Expect(tab.Page.Locator("#picture-note")).ToContainTextAsync("This file is no picture");
        chooser = await tab.Page.RunAndWaitForFileChooserAsync(() => tab.Button("Choose a picture").ClickAsync());
        await chooser.SetFilesAsync(Photos.Path("coffee.png"));
        await Expect(tab.Button("Choose another picture")).ToBeVisibleAsync();
        await Expect(tab.Page.Locator("#picture-note")).ToBeHiddenAsync();
        var onPicture = await tab.SaveAsync("PNG");

        var transparent = (await tab.SaveAsync("PNG without background")).Bytes;
        transparent.ShouldBe(await service.CutAsync(Photos.Rocket));
        onColour.Bytes.ShouldNotBe(transparent);
        onPicture.Bytes.ShouldNotBe(onColour.Bytes);
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task PhotoBlurredBehind_IsWhatTheApiDraws()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();

        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Blur" }).CheckAsync();
        await Expect(tab.Page.Locator("#picture")).ToHaveAttributeAsync("data-backdrop", "picture");
        await Expect(tab.Page.Locator("#curl")).ToContainTextAsync("-F bg_blur=1.5% ");
        var saved = (await tab.SaveAsync("PNG")).Bytes;

        var difference = await tab.Page.EvaluateAsync<double>(MeanDifference, new[] { saved, await service.CutAsync(Photos.Rocket, "bg_blur=1.5%25") }.Select(Convert.ToBase64String));
        difference.ShouldBeLessThan(1);
        (await tab.Page.EvaluateAsync<double>(MeanDifference, new[] { saved, Photos.Rocket }.Select(Convert.ToBase64String))).ShouldBeGreaterThan(4, "it is blurred");

        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Nothing" }).CheckAsync();
        await Expect(tab.Page.Locator("#picture")).ToHaveAttributeAsync("data-backdrop", "none");
        await Expect(tab.Page.Locator("#curl")).Not.ToContainTextAsync("bg_");
        tab.Complaints.ShouldBeEmpty();
    }

    /// <summary>Of all samples of two opaque PNGs, which arrive in base64; 0 to 255.</summary>
    private const string MeanDifference = """
        async (files) => {
          const [one, other] = await Promise.all(files.map(async (file) => {
            const bitmap = await createImageBitmap(new Blob([Uint8Array.from(atob(file), (byte) => byte.charCodeAt(0))]));
            const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
            context.drawImage(bitmap, 0, 0);
            return context.getImageData(0, 0, bitmap.width, bitmap.height).data;
          }));
          return one.reduce((sum, sample, i) => sum + Math.abs(sample - other[i]), 0) / one.length;
        }
        """;

    [Fact]
    public async Task WhatWasRemoved_ComesBackAsItWas()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        var posted = 0;
        tab.Page.Request += (_, request) => posted += request.Method == "POST" ? 1 : 0;
        await tab.ChooseAsync("rocket.jpg", "astronaut.png", "coffee.png");
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("3 of 3 done", new() { Timeout = 60_000 });
        var before = posted;

        await tab.Button("Remove astronaut.png").ClickAsync();
        await Expect(tab.Page.Locator("#tray li .name")).ToHaveTextAsync(["rocket.jpg", "coffee.png"]);
        await Expect(tab.Page.Locator("#undo-bar")).ToContainTextAsync("Removed astronaut.png.");
        await tab.Button("Undo").ClickAsync();
        await Expect(tab.Page.Locator("#tray li .name")).ToHaveTextAsync(["rocket.jpg", "astronaut.png", "coffee.png"]);
        await Expect(tab.Page.Locator("#undo-bar")).ToBeHiddenAsync();

        await tab.Button("Start over").ClickAsync();
        await Expect(tab.Page.Locator("#start")).ToBeVisibleAsync();
        await tab.Button("Undo").ClickAsync();
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("3 of 3 done");
        (await tab.SaveAsync("PNG")).Name.ShouldBe("rocket-cutout.png");
        posted.ShouldBe(before, "nothing was sent again");
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task Reload_LosesNothingAndStartOverForgets()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("rocket.jpg", "astronaut.png");
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("2 of 2 done", new() { Timeout = 60_000 });
        var (cutout, timing) = (await tab.SaveAsync("PNG"), await tab.Page.Locator("#timing-total").InnerTextAsync());
        var posted = 0;
        tab.Page.Request += (_, request) => posted += request.Method == "POST" ? 1 : 0;

        await tab.Page.ReloadAsync();
        await Expect(tab.Page.Locator("#tray li .name")).ToHaveTextAsync(["rocket.jpg", "astronaut.png"]);
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("2 of 2 done");
        (await tab.SaveAsync("PNG")).Bytes.ShouldBe(cutout.Bytes);
        await Expect(tab.Page.Locator("#timing-total")).ToHaveTextAsync(timing);
        posted.ShouldBe(0);

        await tab.Button("Start over").ClickAsync();
        await Eventually.TrueAsync(async () => await tab.Page.EvaluateAsync<int>(
            "new Promise(done => { indexedDB.open('rembg').onsuccess = e => { e.target.result.transaction('photos').objectStore('photos').count().onsuccess = n => done(n.target.result); }; })") == 0, "nothing is kept");
        await tab.Page.ReloadAsync();
        await Expect(tab.Page.Locator("#start")).ToBeVisibleAsync();
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task ReloadWhilePhotosAreCut_CutsThemAfterwards()
    {
        await using var pod = await FakePod.StartAsync();
        var release = new TaskCompletionSource();
        pod.Always = PodScripts.After(release.Task, PodScripts.Cutout());
        await using var gateway = await Service.StartGatewayAsync(new(pod.Address), new(pod.Address));
        await using var tab = await browser.OpenAsync(gateway.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.SaysAsync("Removing the background");
        await tab.Page.ReloadAsync();
        await tab.SaysAsync("Removing the background");
        release.SetResult();
        await tab.DoneAsync();
        await Expect(tab.Page.Locator("#curl")).ToContainTextAsync("rocket.jpg");
    }

    [Fact]
    public async Task WithoutAMouse_EverythingIsReached()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        var chooser = await tab.Page.RunAndWaitForFileChooserAsync(async () =>
        {
            await TabToAsync(tab, "choose");
            await tab.Page.Keyboard.PressAsync("Enter");
        });
        await chooser.SetFilesAsync(Photos.Path("rocket.jpg"));
        await tab.DoneAsync();
        await Expect(tab.Page.Locator("#work-title")).ToBeFocusedAsync();
        await Expect(tab.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("The cutout of rocket.jpg is ready.");

        await TabToAsync(tab, "split");
        await tab.Page.Keyboard.PressAsync("ArrowRight");
        (await tab.Page.EvaluateAsync<string>(Split)).ShouldBe("51%");

        await TabToAsync(tab, "zoom-actual");
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Page.Locator("#zoom-level")).ToHaveTextAsync("100 %");

        await tab.Page.Keyboard.PressAsync("Tab"); // to the backdrops, a group of which one is in the tab order
        await tab.Page.Keyboard.PressAsync("ArrowRight");
        await Expect(tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Colour" })).ToBeCheckedAsync();

        var download = await tab.Page.RunAndWaitForDownloadAsync(async () =>
        {
            await tab.Page.Keyboard.PressAsync("Tab"); // the colour
            await TabToAsync(tab, text: "PNG");
            await tab.Page.Keyboard.PressAsync("Enter");
        });
        download.SuggestedFilename.ShouldBe("rocket-with-background.png");

        await TabToAsync(tab, "curl-copy");
        await tab.Page.Keyboard.PressAsync("Enter");
        await Expect(tab.Page.Locator("#curl-copy")).ToHaveTextAsync("Copied");
        (await tab.Page.EvaluateAsync<string>("navigator.clipboard.readText()")).ShouldStartWith("curl -F file=@rocket.jpg");
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task OnAPhone_NothingIsWiderThanTheScreen()
    {
        await using var tab = await browser.OpenAsync(service.Address, width: 320, height: 640);
        (await tab.OverflowAsync()).ShouldBe(0, "empty");
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();
        (await tab.OverflowAsync()).ShouldBe(0, "done");
        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Blur" }).CheckAsync();
        await Expect(tab.Button("JPEG")).ToBeVisibleAsync();
        (await tab.OverflowAsync()).ShouldBe(0, "with a background");
        await tab.ChooseAsync("a name without a space that is rather longer than any phone is wide: " + new string('x', 80) + ".txt", [1, 2, 3], "text/plain");
        await tab.SaysAsync("This is not a picture of a kind that can be read here.");
        (await tab.OverflowAsync()).ShouldBe(0, "many and an error");
        foreach (var button in await tab.Page.GetByRole(AriaRole.Button).AllAsync())
            (await button.BoundingBoxAsync())!.Height.ShouldBeGreaterThanOrEqualTo(44, await button.InnerTextAsync());
    }

    /// <summary>Presses Tab until the element has the focus.</summary>
    private static async Task TabToAsync(Tab tab, string? id = null, string? text = null)
    {
        for (var presses = 0; presses < 30; presses++)
        {
            await tab.Page.Keyboard.PressAsync("Tab");
            if (await tab.Page.EvaluateAsync<bool>("([id, text]) => id ? document.activeElement.id === id : document.activeElement.textContent === text", new[] { id, text })) return;
        }
        throw new InvalidOperationException($"{id ?? text} cannot be reached with the Tab key.");
    }
}
