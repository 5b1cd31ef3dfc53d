using System.IO.Compression;
using Microsoft.Playwright;
using Rembg.Testing;
using static Microsoft.Playwright.Assertions;

namespace Rembg.Page.Tests;

/// <summary>From a photo to a file on the visitor's disk.</summary>
[Collection(Browsing.Name)]
public sealed class CuttingIntegrationTests(Chromium browser, Service service)
{
    [Fact]
    public async Task ChosenPhoto_IsSavedAsTheApiAnswersIt()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("rocket.jpg");
        await tab.DoneAsync();

        var png = await tab.SaveAsync("PNG");
        png.Name.ShouldBe("rocket-cutout.png");
        png.Bytes.ShouldBe(await service.CutAsync(Photos.Rocket));

        var webp = await tab.SaveAsync("WebP");
        webp.Name.ShouldBe("rocket-cutout.webp");
        webp.Bytes.ShouldBe(await service.CutAsync(Photos.Rocket, "format=webp"));
        await Expect(tab.Page.Locator("#curl")).ToContainTextAsync($"{service.Address}v1/remove-background?format=webp");

        var mask = await tab.SaveAsync("Mask");
        mask.Name.ShouldBe("rocket-mask.png");
        mask.Bytes.ShouldBe(await service.CutAsync(Photos.Rocket, "channels=alpha"));
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task SamePhotoAgain_SaysThatItCameFromTheCache()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("noise.png", Pictures.Unique());
        await tab.DoneAsync();
        await Expect(tab.Page.Locator("#timing-cache")).ToHaveTextAsync("Freshly made, now in the cache.");
        await Expect(tab.Page.Locator("#timing-legend")).ToContainTextAsync("Finding the subject");

        var photo = await service.CutAsync(Photos.Rocket);
        await tab.ChooseAsync("again.png", photo);
        await tab.DoneAsync();
        await tab.Button("Start over").ClickAsync();
        await tab.ChooseAsync("again.png", photo);
        await tab.DoneAsync();
        await Expect(tab.Page.Locator("#timing-cache")).ToHaveTextAsync("From the cache: this photo was cut out before.");
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task OtherFilesOfAPhoto_CostNoModelRun()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("noise.png", Pictures.Unique());
        await tab.DoneAsync();
        var runs = await service.ModelRunsAsync();

        await tab.SaveAsync("WebP");
        await tab.SaveAsync("Mask");
        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Colour" }).CheckAsync();
        await tab.SaveAsync("PNG");

        (await service.ModelRunsAsync()).ShouldBe(runs);
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task PhotoSeenInAnotherFormat_SaysThatTheModelDidNotRun()
    {
        var photo = Pictures.Unique();
        await service.CutAsync(photo, "format=jpg");

        await using var tab = await browser.OpenAsync(service.Address);
        await tab.ChooseAsync("seen.png", photo);
        await tab.DoneAsync();
        await Expect(tab.Page.Locator("#timing-cache")).ToHaveTextAsync("Drawn with the mask that was kept: the model did not run again.");
        await Expect(tab.Page.Locator("#timing-legend")).Not.ToContainTextAsync("Finding the subject");
        tab.Complaints.ShouldBeEmpty();
    }

    [Fact]
    public async Task SamplePhoto_TakesOneClick()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.Page.GetByText("Try this one").ClickAsync();
        await tab.DoneAsync();
        (await tab.SaveAsync("PNG")).Name.ShouldBe("astronaut-cutout.png");
        tab.Complaints.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("drop", "dataTransfer")]
    [InlineData("paste", "clipboardData")]
    public async Task PhotoDroppedOrPasted_IsTaken(string what, string property)
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.Page.EvaluateAsync("""
            ([what, property, base64]) => {
              const transfer = new DataTransfer();
              transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], "given.jpg", { type: "image/jpeg" }));
              const Kind = what === "drop" ? DragEvent : ClipboardEvent;
              document.body.dispatchEvent(new Kind(what, { bubbles: true, cancelable: true, [property]: transfer }));
            }
            """, new[] { what, property, Convert.ToBase64String(Photos.Rocket) });
        await tab.DoneAsync();
        (await tab.SaveAsync("PNG")).Name.ShouldBe("given-cutout.png");
    }

    [Fact]
    public async Task DroppedFolder_GivesThePicturesInItAtAnyDepth()
    {
        var folder = Directory.CreateTempSubdirectory("rembg-shots-");
        try
        {
            folder.CreateSubdirectory("deep");
            foreach (var name in new[] { "photo 2.png", "photo 10.png", "deep/one.png", ".hidden.png" }) await File.WriteAllBytesAsync(Path.Combine(folder.FullName, name), Pictures.Unique());
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "notes.txt"), "no picture");
            await using var tab = await browser.OpenAsync(service.Address);
            var chromium = await tab.Page.Context.NewCDPSessionAsync(tab.Page);

            foreach (var type in new[] { "dragEnter", "dragOver", "drop" })
                await chromium.SendAsync("Input.dispatchDragEvent", new() { ["type"] = type, ["x"] = 200, ["y"] = 200, ["data"] = new { items = Array.Empty<object>(), files = new[] { folder.FullName }, dragOperationsMask = 1 } });

            await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("3 of 3 done", new() { Timeout = 90_000 });
            using var archive = new ZipArchive(new MemoryStream((await tab.SaveAsync("Download all as ZIP")).Bytes));
            archive.Entries.Select(entry => entry.FullName).ShouldBe(["one-cutout.png", "photo 2-cutout.png", "photo 10-cutout.png"]);
            tab.Complaints.ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task TenPhotos_GoAsTasksAndAreSavedAsOneZip()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        var posted = new List<string>();
        tab.Page.Request += (_, request) => posted.Add($"{request.Method} {new Uri(request.Url).AbsolutePath}");
        var photos = Enumerable.Range(0, 10).ToDictionary(i => $"photo {i}.png", _ => Pictures.Unique());
        photos["photo 9.png"] = photos["photo 8.png"]; // two may well be the same
        photos["photo: 10?.png"] = Pictures.Unique(); // a name that Windows does not take
        photos.Remove("photo 0.png");
        await tab.Page.Locator("#chooser").SetInputFilesAsync(photos.Select(photo => new FilePayload { Name = photo.Key, MimeType = "image/png", Buffer = photo.Value }));

        await Expect(tab.Page.Locator("#tray li")).ToHaveCountAsync(10);
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("10 of 10 done", new() { Timeout = 90_000 });
        posted.Count(line => line == "POST /v1/tasks").ShouldBe(10);
        posted.ShouldNotContain("POST /v1/remove-background");

        var zip = await tab.SaveAsync("Download all as ZIP");
        zip.Name.ShouldBe("cutouts.zip");
        using var archive = new ZipArchive(new MemoryStream(zip.Bytes));
        archive.Entries.Select(entry => entry.FullName).ShouldBe(photos.Keys.Select(name => Stem(name) + "-cutout.png"));
        archive.Entries.ShouldAllBe(entry => (TimeProvider.System.GetLocalNow() - entry.LastWriteTime).Duration() < TimeSpan.FromHours(1));
        foreach (var (photo, entry) in photos.Values.Zip(archive.Entries))
        {
            using var bytes = new MemoryStream();
            await using (var content = await entry.OpenAsync()) await content.CopyToAsync(bytes); // checks the CRC
            bytes.ToArray().ShouldBe(await service.CutAsync(photo));
        }

        // With a background, as they are shown.
        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Colour" }).CheckAsync();
        using var onColour = new ZipArchive(new MemoryStream((await tab.SaveAsync("Download all as ZIP")).Bytes));
        onColour.Entries.Select(entry => entry.FullName).ShouldBe(photos.Keys.Select(name => Stem(name) + "-with-background.png"));
        tab.Complaints.ShouldBeEmpty();

        static string Stem(string name) => Path.ChangeExtension(name, null).Replace(':', '_').Replace('?', '_');
    }

    [Fact]
    public async Task OneOfManyIsBroken_OnlyThatOneFails()
    {
        await using var tab = await browser.OpenAsync(service.Address);
        await tab.Page.Locator("#chooser").SetInputFilesAsync(
        [
            new FilePayload { Name = "cut off.png", MimeType = "image/png", Buffer = Photos.Astronaut[..20_000] },
            new FilePayload { Name = "whole.png", MimeType = "image/png", Buffer = Pictures.Unique() },
        ]);
        await Expect(tab.Page.Locator("#tray-count")).ToHaveTextAsync("1 of 2 done", new() { Timeout = 60_000 });
        await tab.SaysAsync("The end of the file is missing.");

        // The ZIP has what each photo has behind it, whichever is looked at.
        await tab.Page.Locator("#tray li .open").Last.ClickAsync();
        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Blur" }).CheckAsync();
        await Expect(tab.Page.Locator("#picture")).ToHaveAttributeAsync("data-backdrop", "picture");
        await tab.Page.Locator("#tray li .open").First.ClickAsync();
        await tab.SaysAsync("The end of the file is missing.");
        using var archive = new ZipArchive(new MemoryStream((await tab.SaveAsync("Download all as ZIP")).Bytes));
        archive.Entries.ShouldHaveSingleItem().FullName.ShouldBe("whole-with-background.png");
        await tab.Page.Locator("#tray li .open").Last.ClickAsync();
        await tab.Page.GetByRole(AriaRole.Radio, new() { Name = "Nothing" }).CheckAsync();

        await tab.Button("Remove cut off.png").ClickAsync();
        await tab.DoneAsync();
        await Expect(tab.Page.Locator("#tray")).ToBeHiddenAsync();
        (await tab.SaveAsync("PNG")).Name.ShouldBe("whole-cutout.png");
    }
}
