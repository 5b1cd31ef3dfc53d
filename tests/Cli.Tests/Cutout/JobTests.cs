using Rembg.Cli.Cutout;
using Rembg.Contract.Cutouts;

namespace Rembg.Cli.Tests.Cutout;

public sealed class JobTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public JobTests()
    {
        foreach (var name in (string[])["b.jpg", "a.PNG", "notes.txt", "c.cutout.png"]) File.WriteAllText(_folder[name], "");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Folder_HasAJobForEachImage_AndNoneForItsCutouts() =>
        Outputs(Job.Find(_folder.Path, null, OutputFormat.Png)).ShouldBe([_folder["a.cutout.png"], _folder["b.cutout.png"]]);

    [Fact]
    public void FolderIntoAnother_KeepsTheNames() =>
        Outputs(Job.Find(_folder.Path, "/out", OutputFormat.Webp)).ShouldBe(["/out/a.webp", "/out/b.webp"]);

    [Fact]
    public void FolderIntoItself_LeavesTheImages() =>
        Outputs(Job.Find(_folder.Path, _folder.Path + "/", OutputFormat.Png)).ShouldBe([_folder["a.cutout.png"], _folder["b.cutout.png"]]);

    [Fact]
    public void ImagesOfOneName_HaveTwoCutouts()
    {
        File.WriteAllText(_folder["b.webp"], "");
        Outputs(Job.Find(_folder.Path, "/out", OutputFormat.Png)).ShouldBe(["/out/a.png", "/out/b.jpg.png", "/out/b.webp.png"]);
    }

    [Fact]
    public void File_GoesBesideItself_IntoAFolder_OrWhereItIsTold()
    {
        Outputs(Job.Find(_folder["b.jpg"], null, OutputFormat.Zip)).ShouldBe([_folder["b.cutout.zip"]]);
        Outputs(Job.Find(_folder["b.jpg"], _folder.Path, OutputFormat.Png)).ShouldBe([_folder["b.png"]]);
        Outputs(Job.Find(_folder["b.jpg"], "/out/x", OutputFormat.Png)).ShouldBe(["/out/x"]);
    }

    [Theory]
    [InlineData("-")]
    [InlineData("https://example.com/a.jpg")]
    public void StandardInputAndUrls_GoToStandardOutput(string input) => Outputs(Job.Find(input, null, OutputFormat.Png)).ShouldBe([Job.Standard]);

    [Fact]
    public void WhatIsNotThere_IsNamed() => Should.Throw<UsageException>(() => Job.Find("/nowhere.jpg", null, OutputFormat.Png)).Message.ShouldContain("/nowhere.jpg");

    [Fact]
    public void FolderToStandardOutput_IsRefused() => Should.Throw<UsageException>(() => Job.Find(_folder.Path, "-", OutputFormat.Png));

    [Theory]
    [InlineData("a.jpg", "x.webp", "webp")]
    [InlineData("a.jpg", "x.JPEG", "jpg")]
    [InlineData("a.jpg", "x", null)]
    [InlineData("a.jpg", "-", null)]
    [InlineData("a.jpg", null, null)]
    public void Extension_StandsForAFormat(string input, string? output, string? format) => Job.FormatOf(input, output).ShouldBe(format);

    private static IEnumerable<string> Outputs(IReadOnlyList<Job> jobs) => jobs.Select(job => job.Output);
}
