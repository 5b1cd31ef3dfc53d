using Rembg.Testing;

namespace Rembg.Contract.Tests;

/// <summary>docs/configuration.md is written from the options classes.</summary>
public class ConfigurationDocsTests
{
    private static readonly string Page = Path.Combine(RepositoryPaths.Root, "docs", "configuration.md");

    [Fact]
    public void ConfigurationPage_IsThatOfTheOptionsClasses()
    {
        var page = ConfigurationPage.Write();
        if (Environment.GetEnvironmentVariable("REMBG_WRITE_DOCS") is { Length: > 0 }) File.WriteAllText(Page, page);

        (File.Exists(Page) ? File.ReadAllText(Page) : "").ShouldBe(page, "docs/configuration.md is out of date; write it with: REMBG_WRITE_DOCS=1 ./test.sh --fast --filter ConfigurationDocs");
    }

    [Fact]
    public void EveryOption_IsExplained() => ConfigurationPage.Options().Where(option => option.Text.Length == 0).Select(option => option.Key).ShouldBeEmpty("a summary in the options class");
}
