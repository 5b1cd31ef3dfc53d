using System.Diagnostics;
using System.Text.RegularExpressions;
using Rembg.Testing;

namespace Rembg.Platform.Tests;

/// <summary>The examples of <c>docs/clients.md</c>, word for word.</summary>
public sealed partial class ClientExamplesTests : IAsyncLifetime
{
    private Testing.Platform _platform = null!;

    public async Task InitializeAsync() => _platform = await Testing.Platform.StartAsync();

    public async Task DisposeAsync() => await _platform.DisposeAsync();

    [Theory]
    [InlineData("sh", "cutout.sh", "bash")]
    [InlineData("csharp", "cutout.cs", "dotnet", "run")]
    [InlineData("js", "cutout.mjs", "node")]
    [InlineData("python", "cutout.py", "python3")]
    public async Task Example_MakesTheCutout(string language, string file, params string[] command)
    {
        var folder = Directory.CreateTempSubdirectory("rembg-client-").FullName;
        try
        {
            File.Copy(Photos.Path("rocket.jpg"), Path.Combine(folder, "photo.jpg"));
            await File.WriteAllTextAsync(Path.Combine(folder, file), await ExampleAsync(language));

            var (code, said) = await RunAsync(folder, [.. command, file]);

            code.ShouldBe(0, said);
            (await File.ReadAllBytesAsync(Path.Combine(folder, "cutout.png"))).ShouldBe(await CutoutAsync());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("js", "cutout.mjs", "node")]
    [InlineData("python", "cutout.py", "python3")]
    [InlineData("sh", "cutout.sh", "bash")]
    public async Task ImageThatIsNone_EndsWithTheReason(string language, string file, string program)
    {
        var folder = Directory.CreateTempSubdirectory("rembg-client-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "photo.jpg"), "not a picture");
            await File.WriteAllTextAsync(Path.Combine(folder, file), await ExampleAsync(language));

            var (code, said) = await RunAsync(folder, program, file);

            code.ShouldNotBe(0);
            // curl leaves the problem where the cutout would be.
            var reason = language == "sh" ? await File.ReadAllTextAsync(Path.Combine(folder, "cutout.png")) : said;
            reason.ShouldContain("JPEG, PNG");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<byte[]> CutoutAsync()
    {
        using var body = new ByteArrayContent(Photos.Rocket);
        using var answer = await _platform.Http.PostAsync("/v1/remove-background", body);
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private static async Task<string> ExampleAsync(string language)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "docs", "clients.md"));
        return Fence().Matches(page).Single(fence => fence.Groups[1].Value == language).Groups[2].Value;
    }

    private async Task<(int Code, string Said)> RunAsync(string folder, params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["REMBG_SERVER"] = _platform.Gateways[0].Address.ToString().TrimEnd('/');
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, $"{await output}{await errors}");
    }

    [GeneratedRegex(@"^```(\w+)\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
