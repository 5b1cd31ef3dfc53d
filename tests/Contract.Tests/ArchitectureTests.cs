using System.Text.RegularExpressions;
using Rembg.Testing;

namespace Rembg.Contract.Tests;

/// <summary>The tables of <c>docs/architecture.md</c> against the code.</summary>
public partial class ArchitectureTests
{
    [Theory, InlineData("gateway"), InlineData("inference")]
    public void EveryFolder_IsListed(string service)
    {
        var folders = Directory.GetDirectories(Path.Combine(RepositoryPaths.Root, service)).Select(Path.GetFileName)
            .Where(folder => Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, service, folder!), "*.cs", SearchOption.AllDirectories).Any());

        Listed(service).ShouldBe(folders!, ignoreOrder: true);
    }

    [Theory, InlineData("gateway"), InlineData("inference")]
    public void EveryFolder_UsesOnlyThoseBelowIt(string service)
    {
        var order = Listed(service);
        var upwards =
            from folder in order
            from file in Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, service, folder), "*.cs", SearchOption.AllDirectories)
            from Match use in Use().Matches(File.ReadAllText(file))
            let used = use.Groups[1].Value
            where used != folder && order.IndexOf(used) < order.IndexOf(folder)
            select $"{Path.GetFileName(file)} in {folder} uses {used}";

        upwards.ShouldBeEmpty();
    }

    /// <summary>The folders of a service, from the top of its table down.</summary>
    private static List<string> Listed(string service)
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "architecture.md"));
        var section = page.Split("\n## ").Single(part => part.StartsWith($"{service}/\n", StringComparison.Ordinal));
        return [.. Row().Matches(section).Select(row => row.Groups[1].Value)];
    }

    [GeneratedRegex(@"^\| `(\w+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    /// <summary>In a using or spelled out.</summary>
    [GeneratedRegex(@"\bRembg\.(?:Gateway|Inference)\.(\w+)")]
    private static partial Regex Use();
}
