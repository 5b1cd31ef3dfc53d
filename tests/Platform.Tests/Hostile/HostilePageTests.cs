using System.Text.RegularExpressions;
using Rembg.Testing;

namespace Rembg.Platform.Tests.Hostile;

/// <summary>docs/hostile-input.md names a test for each attack: they are there.</summary>
public partial class HostilePageTests
{
    [Fact]
    public void EveryTestThatThePageNames_Exists()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "hostile-input.md"));
        var sources = string.Concat(Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, "tests"), "*.cs", SearchOption.AllDirectories).Select(File.ReadAllText));
        var named = TestName().Matches(page).Select(match => match.Groups[1].Value).ToList();

        named.Count.ShouldBeGreaterThan(50);
        named.Where(name => !sources.Contains($" {name}(", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [GeneratedRegex("`([A-Z]\\w+_\\w+)`")]
    private static partial Regex TestName();
}
