using System.Reflection;
using System.Text.RegularExpressions;
using NetArchTest.Rules;
using Rembg.Testing;

namespace Rembg.Contract.Tests;

/// <summary>Folders are features, and depend on each other in one direction: each uses only those that follow it here.</summary>
public partial class ArchitectureTests
{
    private static readonly Dictionary<string, (Assembly Assembly, string Namespace, string[] Folders)> Services = new()
    {
        ["gateway"] = (typeof(Gateway.Program).Assembly, "Rembg.Gateway",
            ["Page", "Docs", "Compatibility", "Tasks", "Cutouts", "Http", "Pods", "Fetching", "Clients", "Memory", "Redis", "Telemetry"]),
        ["inference"] = (typeof(Inference.Program).Assembly, "Rembg.Inference",
            ["Http", "Models", "Imaging", "Batching", "Admission", "Telemetry"]),
    };

    [Theory, InlineData("gateway"), InlineData("inference")]
    public void EveryFolder_HasItsPlaceInTheOrder_AndOnTheArchitecturePage(string service)
    {
        var folders = Directory.GetDirectories(Path.Combine(RepositoryPaths.Root, service)).Select(path => Path.GetFileName(path)!).Where(folder => Sources(service, folder).Any()).ToList();
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "architecture.md"));

        folders.ShouldBe(Services[service].Folders, ignoreOrder: true, $"add a new folder to the order in {nameof(ArchitectureTests)}");
        folders.ShouldAllBe(folder => page.Contains($"`{folder}`"), "docs/architecture.md says why each folder is there");
    }

    [Theory, InlineData("gateway"), InlineData("inference")]
    public void EveryFile_IsInTheNamespaceOfItsFolder(string service)
    {
        var (_, root, folders) = Services[service];
        var strays =
            from folder in folders
            from file in Sources(service, folder)
            let name = Namespace().Match(File.ReadAllText(file)).Groups[1].Value
            where name != $"{root}.{folder}" && !name.StartsWith($"{root}.{folder}.", StringComparison.Ordinal)
            select $"{Path.GetRelativePath(RepositoryPaths.Root, file)} is in {name}";

        strays.ShouldBeEmpty();
    }

    [Theory, InlineData("gateway"), InlineData("inference")]
    public void EveryFolder_UsesOnlyThoseThatFollowIt(string service)
    {
        var (assembly, root, folders) = Services[service];
        var upwards = new List<string>();
        for (var i = 1; i < folders.Length; i++)
        {
            string[] above = [.. folders[..i].Select(folder => $"{root}.{folder}")];
            var result = Types.InAssembly(assembly).That().ResideInNamespace($"{root}.{folders[i]}").ShouldNot().HaveDependencyOnAny(above).GetResult();
            upwards.AddRange((result.FailingTypeNames ?? []).Select(type => $"{type} uses one of {string.Join(", ", folders[..i])}"));
        }

        upwards.ShouldBeEmpty();
    }

    private static IEnumerable<string> Sources(string service, string folder) =>
        Directory.EnumerateFiles(Path.Combine(RepositoryPaths.Root, service, folder), "*.cs", SearchOption.AllDirectories);

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
